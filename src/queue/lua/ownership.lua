-- Shared by all scripts: who claimed what, how a task is taken back, and how a worker is forgotten.
--
-- Keeps  what takes tasks from a worker acts only on a matching token and under one of our names.

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
    count_to_stop()
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
  local instance, machine = string.match(call('HGET', REGISTRY, worker) or '', '^(%S+) (%S+)')
  if machine then keep_promise(machine, worker, NO_PROMISE) end
  if instance and has_place(instance) then call('DEL', PLACE_FOR) end
  call('HDEL', REGISTRY, worker)
  call('HDEL', WORKERS, worker)
  call('HDEL', SEEN, worker)
  call('HDEL', STATUS, worker)
  call('SREM', DRAINING, worker)
end

-- Looks at heartbeats -------------------------------------------------------------------------------

local LOOKS_TO_LOSE = 5

-- A look is `number of looks without change:when:heartbeat`. Answers how many found the heartbeat that a
-- worker has now, and when the last one was; nil if none did.
local function looks_at(worker)
  local looks, at, beat = string.match(call('HGET', SEEN, worker) or '', '^(%d+):(%d+):(.*)$')
  if beat ~= (call('HGET', STATUS, worker) or '') then return nil end
  return tonumber(looks), tonumber(at)
end
