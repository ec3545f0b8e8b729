-- Shared by all scripts: keys, time, types, and the state of a task. After it come index.lua,
-- history.lua, limits.lua and ownership.lua, then the script.
--
-- KEYS     the fixed keys of a queue, in the order of `fixed` in keys.ts
-- ARGV[1]  prefix of the keys that are made here
-- ARGV[2]  a random value, for an epoch or generation that is missing
-- A script's own arguments begin at ARGV[3].
--
-- Invariants kept here: one script call is one change; types are checked and arguments parsed
-- before the first write, and the first write to a truth is an HDEL, which a full Redis does not
-- refuse; the hashes are the truth and the index a hint; a name without `~` is an original's.

local TODO, IN_PROGRESS, FINISHED, FAILED, REASON, STATUS,
  OWN_TODO, OWN_IN_PROGRESS, OWN_FAILED, READY, NOT_BEFORE, CLAIMS, ATTEMPTS, LOSSES, NEEDS,
  RETRYING, RECENT_FINISHED, RECENT_FAILED, FAILURES, STATS, REGISTRY, WORKERS, SEEN, EPOCH,
  GENERATION, EVENTS, WAKE, PAUSED, DRAINING, BLOCKED, RESERVATION, HUNGRY,
  CAPACITY, SIGNATURES, UNDO, LIMITS, PLACE_FOR, LOST = unpack(KEYS)
local PREFIX, RANDOM = ARGV[1], ARGV[2]

local RECENT_MAX = 10000
local EVENTS_MAX = 10000
local LOSSES_MAX = 3
-- For so long a worker keeps itself free for a big task, unless its heartbeat says so again.
local RESERVATION_MS = 30000
-- For so long a worker counts as one with idle lanes after it said so.
local HUNGRY_MS = 10000
-- For so long the last place under the limit is kept: longer than the longest wait between two claims.
local PLACE_MS = 10000
local CLOSE = { 'WORKER_COMMAND_CLOSE', 'WORKER_COMMAND_CLOSE:0:0:0:WORKER_COMMAND_CLOSE' }

local call = redis.call
local clock = call('TIME')
local NOW_SECONDS = tonumber(clock[1])
local NOW = NOW_SECONDS * 1000 + math.floor(tonumber(clock[2]) / 1000)

-- Commands take at most this many values from `unpack`.
local UNPACK_MAX = 4000

local function owned_key(instance) return PREFIX .. 'owned:' .. instance end
local function commands_key(instance) return PREFIX .. 'commands:' .. instance end
local function last_key(instance) return PREFIX .. 'last:' .. instance end

local check_types
do -- A script has at most 200 local names.
  local function check_kinds(wanted)
    for kind, keys in pairs(wanted) do
      for _, key in ipairs(keys) do
        local found = call('TYPE', key).ok
        if found ~= kind and found ~= 'none' then
          error('the key ' .. key .. ' holds a ' .. found .. ' where DistComp keeps a ' .. kind)
        end
      end
    end
  end

  -- Of these groups often nothing is there, which one command says instead of one a key.
  local SELDOM = {
    -- Lines with other than four colons.
    { hash = { OWN_TODO, OWN_IN_PROGRESS, OWN_FAILED } },
    -- Failures.
    { hash = { FAILED, REASON, NOT_BEFORE, LOSSES, NEEDS, FAILURES, SIGNATURES },
      set = { RETRYING }, list = { RECENT_FAILED } },
    -- What people or want of room bring.
    { hash = { LIMITS, BLOCKED }, zset = { UNDO }, set = { DRAINING }, list = { LOST },
      string = { PAUSED, RESERVATION, PLACE_FOR } },
  }

  local function some_exist(group)
    local all = {}
    for _, keys in pairs(group) do
      for _, key in ipairs(keys) do all[#all + 1] = key end
    end
    return call('EXISTS', unpack(all)) > 0
  end

  -- Fixed keys, and those of an instance if the script writes them.
  function check_types(instance)
    check_kinds({
      hash = { TODO, IN_PROGRESS, FINISHED, STATUS, CLAIMS, ATTEMPTS, STATS, REGISTRY, WORKERS, SEEN,
        instance and owned_key(instance) },
      zset = { READY },
      list = { RECENT_FINISHED },
      string = { EPOCH, GENERATION, HUNGRY, CAPACITY, instance and last_key(instance) },
      stream = { EVENTS },
    })
    for _, group in ipairs(SELDOM) do
      if some_exist(group) then check_kinds(group) end
    end
  end
end

-- A full Redis refuses the first write of a script if it could take memory, and no later one. What
-- must go on when it is full (reports, heartbeats, recovery) begins with a write that takes none.
local function go_on_when_full() call('HDEL', CLAIMS, '') end

-- Calls a command that takes one key and any number of values, in pieces that Lua can unpack.
local function call_with(command, key, values)
  for first = 1, #values, UNPACK_MAX do
    call(command, key, unpack(values, first, math.min(first + UNPACK_MAX - 1, #values)))
  end
end

-- What a hash has for each of these fields, in their order; false where it has nothing.
local function values_of(key, fields)
  local values = {}
  for first = 1, #fields, UNPACK_MAX do
    local last = math.min(first + UNPACK_MAX - 1, #fields)
    local part = call('HMGET', key, unpack(fields, first, last))
    for i, value in ipairs(part) do values[first + i - 1] = value end
  end
  return values
end

local function made_once(key)
  local value = call('GET', key)
  if not value then
    value = RANDOM
    call('SET', key, value)
  end
  return value
end

-- Lines -----------------------------------------------------------------------------------------

-- Lines with other than four colons are ours alone: the original would stop at them.
local function homes(line)
  local _, colons = string.gsub(line, ':', '')
  if colons == 4 then return TODO, IN_PROGRESS, FAILED end
  return OWN_TODO, OWN_IN_PROGRESS, OWN_FAILED
end

-- Splits lines by the hashes in which they live; each line once.
local function by_home(lines)
  local groups, known = {}, {}
  for _, line in ipairs(lines) do
    if not known[line] then
      known[line] = true
      local todo, in_progress, failed_home = homes(line)
      if not groups[todo] then
        groups[todo] = { todo = todo, in_progress = in_progress, failed = failed_home, lines = {} }
      end
      table.insert(groups[todo].lines, line)
    end
  end
  return groups
end

local TASK_LINE = '^%a+:(%d+):(%d+):(%d+):'

local TYPES = { shell = true, python = true, demo = true }

-- As `parseTask` decides, limits of numbers and lengths apart: a worker refuses what goes beyond them.
local function is_task(line)
  return TYPES[string.match(line, '^(%a+):%d+:%d+:%d+:.')] and not string.find(line, '[%z\r\n]')
end

-- The fields of a line that the index needs: priority, memory in GB, cores; at most what a task line
-- may say, since what others put into todo may be more than string.format can print.
local function parse_line(line)
  local priority, memory, cores = string.match(line, TASK_LINE)
  if not priority then error('not a task line: ' .. string.sub(line, 1, 80)) end
  return math.min(tonumber(priority), 1e9), math.min(tonumber(memory), 1e6),
    math.min(tonumber(cores), 1e5)
end

-- Fields by which the original is closed: they are no tasks.
local function stop_fields(key)
  local found = 0
  for _, field in ipairs(CLOSE) do found = found + call('HEXISTS', key, field) end
  return found
end

local function is_original(worker) return not string.find(worker, '~', 1, true) end

-- finished > in_progress > todo > failed where hashes overlap.
local function state(line)
  local todo, in_progress, failed = homes(line)
  if call('HEXISTS', FINISHED, line) == 1 then return 'finished' end
  if call('HEXISTS', in_progress, line) == 1 then return 'in_progress' end
  if call('HEXISTS', todo, line) == 1 then return 'todo' end
  if call('HEXISTS', failed, line) == 1 then return 'failed' end
  return 'absent'
end

-- One letter a state, in what scripts answer.
local STATE_LETTERS = {
  todo = 't', in_progress = 'p', finished = 'f', failed = 'x', absent = '-',
}

-- Two looks: while an original is alive, a line in none of its hashes, or only in its failed one, may
-- be on its way between two. `seen` is what states.lua answered a second ago for the lines of a call,
-- empty while no original is alive; this is line `i` of them, counted from 1. Only a line that is now
-- as it was then may be acted on.
local function is_settled(seen, i, line)
  return seen == '' or homes(line) ~= TODO or string.sub(seen, i, i) == STATE_LETTERS[state(line)]
end
