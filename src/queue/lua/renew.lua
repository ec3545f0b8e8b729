-- The heartbeat: status, details, and ownership compared both ways.
--
-- ARGV[3]   worker   ARGV[4]  instance   ARGV[5]  sequence number of this call
-- ARGV[6]   what the registry holds for this instance (begins with it)
-- ARGV[7]   `used_cores:total_cores:used_gb:total_gb`   ARGV[8]  details, JSON
-- ARGV[9]   machine   ARGV[10]  GB promised to what runs   ARGV[11]  cores promised to it
-- ARGV[12…] four a task that the worker holds: line, sequence number of its claim, 1 if its attempt
--           runs, epoch that its claim was answered with
-- Answers   { 'ok', JSON of `RenewSigns` in membership.ts, {line, …}, {request, …} }: what to end,
--           since it is no longer this worker's, and what others ask of it; { 'stale' }; { 'taken' }:
--           another instance has the name, take a new one.
-- Keeps     owned equals what the worker holds: what it does not hold goes back, what was taken
--           from it and by nobody else is adopted again while its epoch stands.

local WORKER, INSTANCE, SEQ = ARGV[3], ARGV[4], tonumber(ARGV[5])
local FIRST_TASK, TASK_FIELDS = 12, 4
local DUTY_MS = 1900
local REQUESTS_MAX = 32

local OWNED = owned_key(INSTANCE)
local PROMISE = print_promise(tonumber(ARGV[10]), tonumber(ARGV[11]))
local to_end, adopted, returned = {}, 0, 0

local function adopt(line, seq, runs, epoch)
  local todo, in_progress = homes(line)
  if not runs or epoch ~= call('GET', EPOCH) or call('HEXISTS', CLAIMS, line) == 1 then
    return false
  end
  if call('HEXISTS', FINISHED, line) == 1 or call('HEXISTS', in_progress, line) == 1 then
    return false
  end
  if call('HDEL', todo, line) == 0 then return false end
  call('HSET', in_progress, line, WORKER)
  call('HSET', CLAIMS, line, INSTANCE .. ':' .. seq)
  call('HSET', OWNED, line, seq .. ':' .. NOW)
  adopted = adopted + 1
  return true
end

-- Its entry may be missing, or not know yet that it runs.
local function keep(line, seq, runs)
  local entry = call('HGET', OWNED, line)
  local _, started = parse_owned(entry or '0:0')
  if entry and (not runs or started > 0) then return end
  call('HSET', OWNED, line, seq .. ':' .. (runs and NOW or 0))
end

local function compare(tasks)
  for line, task in pairs(tasks) do
    if call('HGET', CLAIMS, line) == INSTANCE .. ':' .. task.seq then
      keep(line, task.seq, task.runs)
    elseif not adopt(line, task.seq, task.runs, task.epoch) then
      table.insert(to_end, line)
    end
  end
  local entries = call('HGETALL', OWNED)
  for i = 1, #entries, 2 do
    local line, seq = entries[i], parse_owned(entries[i + 1])
    if not tasks[line] or tasks[line].seq ~= seq then
      if give_back(INSTANCE, line, seq) then returned = returned + 1 end
    end
  end
end

-- What a worker tells of itself. Details are others' words.
local function details_of(text)
  local ok, details = pcall(cjson.decode, text)
  return ok and type(details) == 'table' and details or {}
end

-- Adds what a heartbeat says of its host to the sums of all hosts.
local function add_host(sums, status)
  local used_cores, cores, used_gb, gb =
    string.match(status or '', '^%d+:([%d.]+):([%d.]+):([%d.]+):([%d.]+)$')
  sums.used_cores = sums.used_cores + (tonumber(used_cores) or 0)
  sums.cores = sums.cores + (tonumber(cores) or 0)
  sums.used_gb = sums.used_gb + (tonumber(used_gb) or 0)
  sums.gb = sums.gb + (tonumber(gb) or 0)
end

local function tasks_left() return call('HLEN', TODO) + call('HLEN', OWN_TODO) - stop_fields(TODO) end

-- What all live workers have: for those that share out what is left, and for the past that a dashboard
-- shows. Workers of one machine tell of the same host.
local function count_capacity()
  local largest, known = 0, {}
  local sums = {
    todo = tasks_left(), workers = 0, lanes = 0, running = 0, used_cores = 0, cores = 0, used_gb = 0, gb = 0,
  }
  local holders = call('HGETALL', REGISTRY)
  for i = 1, #holders, 2 do
    local worker, machine = holders[i], string.match(holders[i + 1], '^%S+ (%S+)')
    local details = details_of(call('HGET', WORKERS, worker) or '')
    sums.workers = sums.workers + 1
    sums.lanes = sums.lanes + (tonumber(details.lanes) or 0)
    sums.running = sums.running + (tonumber(details.running) or 0)
    largest = math.max(largest, tonumber(details.capacity_gb) or 0)
    if machine and not known[machine] then
      known[machine] = true
      add_host(sums, call('HGET', STATUS, worker))
    end
  end
  call('SET', CAPACITY, string.format('%d:%.3f', sums.lanes, largest))
  keep_in_minute(sums)
end

-- Whoever wrote something else under that key must not stop the heartbeat.
local function take_requests()
  local requests = redis.pcall('LPOP', commands_key(INSTANCE), REQUESTS_MAX)
  return requests and not requests.err and requests or {}
end

local DUTY = PREFIX .. 'duty'

-- What expires in a moment would stay for as long as the clock of Redis was set back.
local function drop_if_ahead(key, most_ms)
  if call('PTTL', key) > most_ms then call('DEL', key) end
end

local function takes_duty()
  drop_if_ahead(DUTY, DUTY_MS)
  return call('SET', DUTY, INSTANCE, 'NX', 'PX', DUTY_MS) and true or false
end

local function heed_clock()
  drop_if_ahead(RESERVATION, RESERVATION_MS)
  drop_if_ahead(HUNGRY, HUNGRY_MS)
  drop_if_ahead(PLACE_FOR, PLACE_MS)
end

local function answer(on_duty)
  local hungry = call('GET', HUNGRY)
  local closed = stop_fields(TODO)
  return { 'ok', cjson.encode({
    now_ms = NOW,
    on_duty = on_duty,
    promise = PROMISE,
    todo = call('HLEN', TODO) + call('HLEN', OWN_TODO) - closed,
    closed = closed > 0,
    paused = call('EXISTS', PAUSED) == 1,
    until_limit = until_limit(limit_of('max_running')),
    draining = call('SISMEMBER', DRAINING, WORKER) == 1,
    others_idle = hungry ~= false and hungry ~= INSTANCE,
  }), to_end, take_requests() }
end

check_types(INSTANCE)
local tasks = {}
for i = FIRST_TASK, #ARGV, TASK_FIELDS do
  local line, seq = ARGV[i], ARGV[i + 1]
  parse_line(line)
  tasks[line] = { seq = seq, runs = ARGV[i + 2] == '1', epoch = ARGV[i + 3] }
end

local holder = held_by(WORKER)
if holder and holder ~= INSTANCE then return { 'taken' } end
local last = last_seq(INSTANCE)
if SEQ < last then return { 'stale' } end
if SEQ == last then return answer(false) end

go_on_when_full()
compare(tasks)
if not holder then call('HSET', REGISTRY, WORKER, ARGV[6]) end
call('HSET', STATUS, WORKER, NOW_SECONDS .. ':' .. ARGV[7])
call('HSET', WORKERS, WORKER, ARGV[8])
keep_promise(ARGV[9], WORKER, PROMISE)
local reservation = call('GET', RESERVATION)
if reservation and string.match(reservation, '^%S+') == INSTANCE then
  call('PEXPIRE', RESERVATION, RESERVATION_MS)
end
set_last_seq(INSTANCE, SEQ)
made_once(EPOCH)
if not holder or adopted + returned > 0 then
  note('renewed', 'worker', WORKER, 'adopted', adopted, 'returned', returned)
end
if returned > 0 then call('PUBLISH', WAKE, returned) end
local on_duty = takes_duty()
if on_duty then
  count_capacity()
  heed_clock()
end
return answer(on_duty)
