-- Reads the limits of a queue, and sets those that are given.
--
-- ARGV[3]  max_running   ARGV[4]  stop_after_failures: a number, `none`, or empty to leave it as it is
-- Answers  { 1 if anything changed, else 0, max_running, stop_after_failures, failures so far }; an empty
--          text for a limit that is not set
-- Keeps    the hash is the state; the message only hastens what workers learn with their next call.
--          Whoever sets a number of failures begins to count anew.

local function wanted(text)
  if text ~= '' and text ~= 'none' and not string.match(text, '^[1-9]%d*$') then
    error('a limit is a whole number from 1, or none')
  end
  return text
end

local function set(field, text)
  local now = call('HGET', LIMITS, field)
  if text == '' or text == (now or 'none') then return false end
  if text == 'none' then call('HDEL', LIMITS, field) else call('HSET', LIMITS, field, text) end
  return true
end

check_types()
local running, failures = wanted(ARGV[3]), wanted(ARGV[4])
local before = until_limit(limit_of('max_running'))
local changed = set('max_running', running)
changed = set('stop_after_failures', failures) or changed
if failures ~= '' then changed = count_anew() == 1 or changed end
if changed then
  note('limits')
  local most = limit_of('max_running')
  local left = until_limit(most)
  tell_room(most, before)
  if before and before <= 0 and not left then call('PUBLISH', WAKE, 'limits') end
  -- What is buffered goes back.
  if left and left < 0 then call('PUBLISH', WAKE, 'renew') end
end
local now = call('HMGET', LIMITS, 'max_running', 'stop_after_failures', 'failures')
return { changed and 1 or 0, now[1] or '', now[2] or '', now[3] or '0' }
