-- Shared by all scripts: attempts, failures, and what views are told.
--
-- Keeps  records are appended and never decoded; failed for good means in a failed hash and in no
--        other.

-- The last one of appended records. What a task printed stands in them: a pattern that begins with
-- digits would be tried at every digit of it.
local function last_record(records) return string.match('\n' .. records, '^.*\n(%d+ [^\n]*)\n$') end

local function last_attempt_number(records)
  local record = records and last_record(records)
  return record and tonumber(string.match(record, '^%d+')) or 0
end

-- Appends an attempt of each line: its number, a space, a JSON object, a line feed. Answers the numbers.
-- Those before it go if the reporting worker keeps the last alone.
local function append_attempts(lines, records, last_alone)
  local numbers, entries = {}, {}
  for i, before in ipairs(call('HMGET', ATTEMPTS, unpack(lines))) do
    numbers[i] = last_attempt_number(before) + 1
    local kept = not last_alone and before or ''
    table.insert(entries, lines[i])
    table.insert(entries, kept .. numbers[i] .. ' ' .. records[i] .. '\n')
  end
  call_with('HSET', ATTEMPTS, entries)
  return numbers
end

local function append_attempt(line, record, last_alone)
  return append_attempts({ line }, { record }, last_alone)[1]
end

-- Numbers of the attempts that ended, and their lines: the newest last.
local function add_recent(list, numbers, lines)
  local entries = {}
  for i, line in ipairs(lines) do entries[i] = numbers[i] .. ' ' .. line end
  call_with('LPUSH', list, entries)
  call('LTRIM', list, 0, RECENT_MAX - 1)
end

local function count(field, by) call('HINCRBY', STATS, field, by) end

local function note(kind, ...)
  call('XADD', EVENTS, 'MAXLEN', '~', EVENTS_MAX, '*', 'kind', kind, ...)
end

-- What happened in each minute, for a dashboard that is opened later.
local function minute_key() return PREFIX .. 'minutes:' .. math.floor(NOW_SECONDS / 60) end

local MINUTES_SECONDS = 25 * 3600

local function add_minute(finished, failed, milliseconds)
  call('HINCRBY', minute_key(), 'finished', finished)
  call('HINCRBY', minute_key(), 'failed', failed)
  call('HINCRBY', minute_key(), 'milliseconds', milliseconds)
  call('EXPIRE', minute_key(), MINUTES_SECONDS)
end

-- As it was last seen in that minute.
local function keep_in_minute(values)
  local fields = {}
  for name, value in pairs(values) do
    table.insert(fields, name)
    table.insert(fields, string.format('%.2f', value))
  end
  call_with('HSET', minute_key(), fields)
  call('EXPIRE', minute_key(), MINUTES_SECONDS)
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
  add_recent(RECENT_FAILED, { number }, { line })
  count_failure(line, signature)
  count('failed', 1)
end

-- Forgets that tasks of one failed hash ever failed, so that they may run again. Their attempts stay.
local function forget_failures(failed, lines)
  call_with('HDEL', failed, lines)
  call_with('HDEL', REASON, lines)
  call_with('HDEL', LOSSES, lines)
  for i, signature in ipairs(call('HMGET', SIGNATURES, unpack(lines))) do
    if signature then uncount_failure(lines[i]) end
  end
  call_with('HDEL', NOT_BEFORE, lines)
  call_with('SREM', RETRYING, lines)
end

local function forget_failure(line)
  local _, _, failed = homes(line)
  forget_failures(failed, { line })
end

-- A peer finished it: what stands lower goes.
local function drop_below_finished(line)
  local todo = homes(line)
  call('HDEL', todo, line)
  call('HDEL', NEEDS, line)
  forget_failure(line)
end
