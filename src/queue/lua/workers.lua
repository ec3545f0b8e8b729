-- All workers: ours by the registry, originals by their heartbeats, and those that were lost. Reads no
-- task, and sends as many commands for two hundred workers as for one.
--
-- ARGV[3]  bytes to which each text is cut
-- Answers  { Redis time in ms, { entry of `lost`, newest first, … }, {name, holder, details, status,
--          look, 1 if it drains}, … }; '' for what is not there; an original has no holder

local CUT = tonumber(ARGV[3])

-- What a command answers for these workers, in pieces that Lua can unpack.
local function ask(command, key, names)
  local found = {}
  for first = 1, #names, UNPACK_MAX do
    local last = math.min(first + UNPACK_MAX - 1, #names)
    local values = call(command, key, unpack(names, first, last))
    for i = 1, last - first + 1 do found[#found + 1] = values[i] end
  end
  return found
end

local function texts(key, names)
  local found = ask('HMGET', key, names)
  for i, value in ipairs(found) do found[i] = string.sub(value or '', 1, CUT) end
  return found
end

local names, holders = {}, {}
local function add(name, holder)
  names[#names + 1] = name
  holders[#holders + 1] = holder
end
local registered = call('HGETALL', REGISTRY)
for i = 1, #registered, 2 do add(registered[i], registered[i + 1]) end
for _, name in ipairs(call('HKEYS', STATUS)) do
  if is_original(name) then add(name, '') end
end

local answer = { NOW, call('LRANGE', LOST, 0, -1) }
local details, status, seen = texts(WORKERS, names), texts(STATUS, names), texts(SEEN, names)
local draining = ask('SMISMEMBER', DRAINING, names)
for i, name in ipairs(names) do
  answer[#answer + 1] = { name, holders[i], details[i], status[i], seen[i], draining[i] }
end
return answer
