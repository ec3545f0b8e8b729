-- Shared by all scripts: keys, time, the state of a task, ownership, the index and loss.
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
  CAPACITY, SIGNATURES, UNDO = unpack(KEYS)
local PREFIX, RANDOM = ARGV[1], ARGV[2]

local RECENT_MAX = 10000
local EVENTS_MAX = 10000
local LOSSES_MAX = 3
-- For so long a worker keeps itself free for a big task, unless its heartbeat says so again.
local RESERVATION_MS = 30000
local CLOSE = { 'WORKER_COMMAND_CLOSE', 'WORKER_COMMAND_CLOSE:0:0:0:WORKER_COMMAND_CLOSE' }

local call = redis.call
local clock = call('TIME')
local NOW_SECONDS = tonumber(clock[1])
local NOW = NOW_SECONDS * 1000 + math.floor(tonumber(clock[2]) / 1000)

-- Commands take at most this many values from `unpack`.
local UNPACK_MAX = 4000

local function owned_key(instance) return PREFIX .. 'owned:' .. instance end
local function last_key(instance) return PREFIX .. 'last:' .. instance end

-- Fixed keys, and those of an instance if the script writes them.
local function check_types(instance)
  local wanted = {
    hash = { TODO, IN_PROGRESS, FINISHED, FAILED, REASON, STATUS, OWN_TODO, OWN_IN_PROGRESS,
      OWN_FAILED, NOT_BEFORE, CLAIMS, ATTEMPTS, LOSSES, NEEDS, FAILURES, STATS, REGISTRY, WORKERS,
      SEEN, BLOCKED, SIGNATURES, instance and owned_key(instance) },
    zset = { READY, UNDO },
    set = { RETRYING, DRAINING },
    list = { RECENT_FINISHED, RECENT_FAILED },
    string = { EPOCH, GENERATION, PAUSED, RESERVATION, HUNGRY, CAPACITY,
      instance and last_key(instance) },
    stream = { EVENTS },
  }
  for kind, keys in pairs(wanted) do
    for _, key in ipairs(keys) do
      local found = call('TYPE', key).ok
      if found ~= kind and found ~= 'none' then
        error('the key ' .. key .. ' holds a ' .. found .. ' where DistComp keeps a ' .. kind)
      end
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

-- The index: buckets of what is ready to be claimed ------------------------------------------------

-- Memory is rounded up to 0 1 2 3 4 6 8 12 16 24 …, which bounds the number of buckets.
local function round_memory(gb)
  if gb <= 4 then return math.ceil(gb) end
  local power = 4
  while power * 2 < gb do power = power * 2 end
  if gb <= power * 1.5 then return power * 1.5 end
  return power * 2
end

-- The step below a rounded amount: a bucket cannot hold a task that needs this little or less.
local function round_memory_below(gb)
  if gb <= 4 then return gb - 1 end
  local power = 4
  while power * 2 <= gb do power = power * 2 end
  if gb == power then return power * 0.75 end
  return power
end

-- A need is GB, or `GB:kills`: how often the task was killed for the sake of its host's memory.
local function need_of(line, memory)
  local need = string.match(call('HGET', NEEDS, line) or '', '^[%d.]+')
  return math.max(memory, tonumber(need) or 0)
end

local function kills_of(line)
  return tonumber(string.match(call('HGET', NEEDS, line) or '', ':(%d+)$')) or 0
end

-- Lanes of all live workers, and the GB that the largest of their hosts has for tasks, as the worker on
-- duty last counted them.
local function capacity()
  local lanes, largest = string.match(call('GET', CAPACITY) or '', '^(%d+):([%d.]+)$')
  return tonumber(lanes) or 0, tonumber(largest) or math.huge
end

local function bucket_of(line)
  local priority, memory, cores = parse_line(line)
  return string.format('%d:%d:%d', priority, round_memory(need_of(line, memory)), cores), priority
end

-- Puts lines of one bucket at its head ('LPUSH') or tail ('RPUSH').
local function index(bucket, priority, lines, push)
  call_with(push, PREFIX .. 'ready:' .. bucket, lines)
  call('ZADD', READY, -priority, bucket)
end

-- Makes a task todo. `push` as in index; `failed_on` names the worker that must wait.
local function requeue(line, push, failed_on)
  local todo = homes(line)
  local bucket, priority = bucket_of(line)
  if failed_on then bucket = bucket .. '!' .. failed_on end
  call('HSET', todo, line, made_once(GENERATION))
  index(bucket, priority, { line }, push)
end

-- History ---------------------------------------------------------------------------------------

-- The last one of appended records. What a task printed stands in them: a pattern that begins with
-- digits would be tried at every digit of it.
local function last_record(records) return string.match('\n' .. records, '^.*\n(%d+ [^\n]*)\n$') end

local function last_attempt_number(records)
  local record = records and last_record(records)
  return record and tonumber(string.match(record, '^%d+')) or 0
end

-- Appends one attempt: its number, a space, a JSON object, a line feed. Answers the number.
local function append_attempt(line, record)
  local records = call('HGET', ATTEMPTS, line) or ''
  local number = last_attempt_number(records) + 1
  call('HSET', ATTEMPTS, line, records .. number .. ' ' .. record .. '\n')
  return number
end

local function add_recent(list, number, line)
  call('LPUSH', list, number .. ' ' .. line)
  call('LTRIM', list, 0, RECENT_MAX - 1)
end

local function count(field, by) call('HINCRBY', STATS, field, by) end

local function note(kind, ...)
  call('XADD', EVENTS, 'MAXLEN', '~', EVENTS_MAX, '*', 'kind', kind, ...)
end

local function add_minute(finished, failed, milliseconds)
  local minute = PREFIX .. 'minutes:' .. math.floor(NOW_SECONDS / 60)
  call('HINCRBY', minute, 'finished', finished)
  call('HINCRBY', minute, 'failed', failed)
  call('HINCRBY', minute, 'milliseconds', milliseconds)
  call('EXPIRE', minute, 25 * 3600)
end

-- Takes a task out of the count of failures of its kind. The list of that kind is a hint and keeps it.
local function uncount_failure(line)
  local signature = call('HGET', SIGNATURES, line)
  if not signature then return end
  call('HDEL', SIGNATURES, line)
  if call('HINCRBY', FAILURES, signature, -1) > 0 then return end
  call('HDEL', FAILURES, signature)
  call('DEL', PREFIX .. 'failures:' .. signature)
end

local function count_failure(line, signature)
  uncount_failure(line)
  call('HSET', SIGNATURES, line, signature)
  call('HINCRBY', FAILURES, signature, 1)
  call('LPUSH', PREFIX .. 'failures:' .. signature, line)
  call('LTRIM', PREFIX .. 'failures:' .. signature, 0, RECENT_MAX - 1)
end

-- Failing for good: the task stands in its failed hash and in no other. The caller has removed it
-- from in progress.
local function fail_for_good(line, number, signature)
  local todo = homes(line)
  call('HDEL', todo, line)
  call('HDEL', NOT_BEFORE, line)
  call('SREM', RETRYING, line)
  add_recent(RECENT_FAILED, number, line)
  count_failure(line, signature)
  count('failed', 1)
end

-- Forgets that a task ever failed, so that it may run again. Its attempts stay.
local function forget_failure(line)
  local _, _, failed = homes(line)
  call('HDEL', failed, line)
  call('HDEL', REASON, line)
  call('HDEL', LOSSES, line)
  uncount_failure(line)
  call('HDEL', NOT_BEFORE, line)
  call('SREM', RETRYING, line)
end

-- A peer finished it: what stands lower goes.
local function drop_below_finished(line)
  local todo = homes(line)
  call('HDEL', todo, line)
  call('HDEL', NEEDS, line)
  forget_failure(line)
end

-- Ownership ----------------------------------------------------------------------------------------

-- An owned entry is `seq:started`, where started is Redis time in ms, and 0 while buffered.
local function parse_owned(entry)
  local seq, started = string.match(entry, '^(%d+):(%d+)$')
  return seq, tonumber(started)
end

local function held_by(worker)
  local holder = call('HGET', REGISTRY, worker)
  return holder and string.match(holder, '^%S+')
end

-- A call whose number is not above the last one of its instance changes nothing (it comes late).
local function last_seq(instance) return tonumber(call('GET', last_key(instance)) or 0) end

local function set_last_seq(instance, seq)
  call('SET', last_key(instance), string.format('%d', seq), 'EX', 86400)
end

-- Ends a claim whosever it is: what its worker reports counts no more. Answers when it was started, 0 if
-- nobody had claimed it or while it was buffered.
local function end_claim(line)
  local token = call('HGET', CLAIMS, line)
  if not token then return 0 end
  call('HDEL', CLAIMS, line)
  local instance, seq = string.match(token, '^(.*):(%d+)$')
  local entry = instance and call('HGET', owned_key(instance), line)
  if not entry then return 0 end
  local owned_seq, started = parse_owned(entry)
  if owned_seq ~= seq then return 0 end
  call('HDEL', owned_key(instance), line)
  return started
end

-- Takes a task from the worker that claimed it with this token. In every case the claim is over.
-- Answers whether the task is now in no state: it was in progress under one of our names, and no
-- peer has finished it meanwhile.
local function take_back(line, token)
  if call('HGET', CLAIMS, line) ~= token then return false end
  local _, in_progress = homes(line)
  local owner = call('HGET', in_progress, line)
  local ours = owner and not is_original(owner)
  if ours then call('HDEL', in_progress, line) end
  call('HDEL', CLAIMS, line)
  if call('HEXISTS', FINISHED, line) == 0 then return ours end
  drop_below_finished(line)
  return false
end

-- Takes a task from its owner and makes it todo again, at the head of its bucket, without counting
-- an attempt. Removes the owned entry only if it carries the token.
local function give_back(instance, line, seq)
  local token = instance .. ':' .. seq
  local entry = call('HGET', owned_key(instance), line)
  if entry and parse_owned(entry) == seq then call('HDEL', owned_key(instance), line) end
  if not take_back(line, token) then return false end
  requeue(line, 'LPUSH')
  count('returned', 1)
  return true
end

-- A started task whose worker is gone counts a loss; the third fails it.
local function lose_task(worker, instance, line, seq, started)
  if not take_back(line, instance .. ':' .. seq) then return false end
  local _, _, failed = homes(line)
  local losses = call('HINCRBY', LOSSES, line, 1)
  local number = append_attempt(line, cjson.encode({
    worker = worker, start = started, ['end'] = NOW, lost = true,
  }))
  count('lost', 1)
  if losses >= LOSSES_MAX then
    call('HSET', failed, line, (call('HGET', failed, line) or '') .. worker .. ',')
    call('HSET', REASON, line, cjson.encode('lost: its worker died ' .. losses .. ' times while it ran'))
    fail_for_good(line, number, 'lost worker')
  else
    requeue(line, 'RPUSH')
  end
  return true
end

-- Takes everything from an instance that is gone and forgets it. Answers how many tasks moved.
local function lose_instance(worker, instance)
  local entries = call('HGETALL', owned_key(instance))
  local moved = 0
  for i = 1, #entries, 2 do
    local seq, started = parse_owned(entries[i + 1])
    local took
    if started > 0 then
      took = lose_task(worker, instance, entries[i], seq, started)
    else
      took = give_back(instance, entries[i], seq)
    end
    if took then moved = moved + 1 end
  end
  call('DEL', owned_key(instance))
  return moved
end

-- What the workers of a machine promised to the tasks that they run: worker → `GB:cores`.
local function promises_key(machine) return PREFIX .. 'promises:' .. machine end

local function print_promise(memory, cores) return string.format('%.3f:%.3f', memory, cores) end

local NO_PROMISE = print_promise(0, 0)

local function keep_promise(machine, worker, promise)
  if promise == NO_PROMISE then
    call('HDEL', promises_key(machine), worker)
  else
    call('HSET', promises_key(machine), worker, promise)
  end
end

local function forget_worker(worker)
  local machine = string.match(call('HGET', REGISTRY, worker) or '', '^%S+ (%S+)')
  if machine then keep_promise(machine, worker, NO_PROMISE) end
  call('HDEL', REGISTRY, worker)
  call('HDEL', WORKERS, worker)
  call('HDEL', SEEN, worker)
  call('HDEL', STATUS, worker)
  call('SREM', DRAINING, worker)
end
