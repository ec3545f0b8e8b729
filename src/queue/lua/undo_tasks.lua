-- Takes back a retry or a cancel, of tasks to which nothing else has happened since.
--
-- ARGV[3]   what a first look saw
-- ARGV[4]   id of the journal   ARGV[5]  retry or cancel
-- ARGV[6…]  task lines
-- Answers   a string, one letter a line: r as it was before, k left as it is, - not kept, u seen
--           otherwise a second ago
-- Keeps     a task in one state, and that an attempt that has begun is not taken back. A line leaves
--           the journal by the same call: what was interrupted can be repeated.

local SEEN_BEFORE, ID, KIND = ARGV[3], ARGV[4], ARGV[5]
local FIRST_LINE = 6

local function write(key, line, value)
  if value then call('HSET', key, line, value) else call('HDEL', key, line) end
end

-- From a worker that has not started it.
local function take_buffered(line)
  local instance, seq = string.match(call('HGET', CLAIMS, line) or '', '^(.*):(%d+)$')
  local entry = instance and call('HGET', owned_key(instance), line)
  if not entry then return false end
  local owned_seq, started = parse_owned(entry)
  if owned_seq ~= seq or started > 0 then return false end
  call('HDEL', owned_key(instance), line)
  return take_back(line, instance .. ':' .. seq)
end

-- Its entry in the list of recent failures still stands there, and counts again.
local function fail_again(line, kept)
  local todo, _, failed = homes(line)
  local has_run = attempts_of(line) ~= kept.attempts or call('HEXISTS', failed, line) == 1
    or call('HEXISTS', FINISHED, line) == 1
  if has_run then return false end
  if not take_buffered(line) and (state(line) ~= 'todo' or call('HDEL', todo, line) == 0) then
    return false
  end
  call('HDEL', NOT_BEFORE, line)
  call('HSET', failed, line, kept.failed or '')
  write(REASON, line, kept.reason)
  write(LOSSES, line, kept.losses)
  write(NEEDS, line, kept.need)
  if kept.signature then count_failure(line, kept.signature) end
  return true
end

local function wait_again(line, kept)
  local _, _, failed = homes(line)
  if state(line) ~= 'failed' or call('HGET', SIGNATURES, line) ~= 'cancelled' then return false end
  forget_failure(line)
  if kept.failed then
    call('HSET', failed, line, kept.failed)
    call('SADD', RETRYING, line)
  end
  write(REASON, line, kept.reason)
  write(LOSSES, line, kept.losses)
  write(NEEDS, line, kept.need)
  requeue(line, 'RPUSH')
  return true
end

local take_one_back = KIND == 'retry' and fail_again or wait_again

local function letter_of(index, line)
  local text = call('HGET', aside_key(ID, 'tasks'), line)
  if not text then return '-' end
  if not is_settled(SEEN_BEFORE, index, line) then return 'u' end
  local kept = cjson.decode(text)
  call('HDEL', aside_key(ID, 'tasks'), line)
  if not take_one_back(line, kept) then return 'k' end
  return 'r'
end

check_types()
local undone, letters = take_back_each(ID, FIRST_LINE, letter_of)
if undone > 0 then
  note('undone', 'count', undone)
  -- Of a retry workers may hold some that they must not start; of a cancel there is something to do.
  call('PUBLISH', WAKE, KIND == 'retry' and 'renew' or undone)
end
return letters
