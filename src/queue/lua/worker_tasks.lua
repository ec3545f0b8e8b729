-- What workers hold: what runs, longest first, then what is buffered.
--
-- ARGV[3…]  three for each worker: its name, how many running tasks are wanted, how many buffered ones
-- Answers   for each { running, buffered, {line, start in ms, …}, {line, …} }; -1 for what is not known.
--           The start of what an original runs is 0: it tells nobody.
-- Keeps     bounded: of one worker at most 5,000 entries are looked at. An original keeps no list: what
--           stands under its name is looked for once for all of them, if no more than 2,000 tasks are
--           in progress.

local OWNED_MAX, IN_PROGRESS_MAX, STEP = 5000, 2000, 1000

local UNKNOWN = { -1, -1, {}, {} }

-- At most so many fields of a hash, as HSCAN has them: a few more, and some twice while it grows.
local function fields_of(key, most)
  local fields, count, cursor = {}, 0, '0'
  repeat
    local found
    cursor, found = unpack(call('HSCAN', key, cursor, 'COUNT', STEP))
    for i = 1, #found, 2 do
      if fields[found[i]] == nil then count = count + 1 end
      fields[found[i]] = found[i + 1]
    end
  until cursor == '0' or count >= most
  return fields, cursor == '0'
end

local function longest_first(a, b)
  if a.at ~= b.at then return a.at < b.at end
  return a.line < b.line
end

local function first(tasks, wanted, with_start)
  table.sort(tasks, longest_first)
  local answer = {}
  for i = 1, math.min(wanted, #tasks) do
    answer[#answer + 1] = tasks[i].line
    if with_start then answer[#answer + 1] = tasks[i].at end
  end
  return answer
end

local function tasks_of(instance, running_wanted, buffered_wanted)
  local entries, complete = fields_of(owned_key(instance), OWNED_MAX)
  if not complete then return UNKNOWN end
  local running, buffered = {}, {}
  for line, entry in pairs(entries) do
    local seq, started = parse_owned(entry)
    if started and started > 0 then
      running[#running + 1] = { line = line, at = started }
    else
      buffered[#buffered + 1] = { line = line, at = tonumber(seq) or 0 }
    end
  end
  return { #running, #buffered, first(running, running_wanted, true),
    first(buffered, buffered_wanted, false) }
end

-- Lines by the original under whose name they stand; nil if there are too many to look.
local by_original, looked = nil, false
local function tasks_by_original()
  if looked then return by_original end
  looked = true
  if call('HLEN', IN_PROGRESS) > IN_PROGRESS_MAX then return nil end
  by_original = {}
  for line, worker in pairs((fields_of(IN_PROGRESS, IN_PROGRESS_MAX))) do
    by_original[worker] = by_original[worker] or {}
    table.insert(by_original[worker], { line = line, at = 0 })
  end
  return by_original
end

local function tasks_of_original(worker, wanted)
  local all = tasks_by_original()
  if not all then return UNKNOWN end
  local tasks = all[worker] or {}
  return { #tasks, 0, first(tasks, wanted, true), {} }
end

local answer = {}
for i = 3, #ARGV, 3 do
  local worker, running, buffered = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local instance = held_by(worker)
  if is_original(worker) then
    answer[#answer + 1] = tasks_of_original(worker, running)
  elseif instance then
    answer[#answer + 1] = tasks_of(instance, running, buffered)
  else
    answer[#answer + 1] = { 0, 0, {}, {} }
  end
end
return answer
