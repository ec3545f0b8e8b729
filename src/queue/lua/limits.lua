-- Shared by all scripts: the limits that people set on a queue.
--
-- LIMITS   hash: max_running, how many tasks workers of ours may hold at a time; stop_after_failures;
--          failures, how many failed for good since that was set or the queue was resumed or cleared
-- PAUSED   Redis time in ms, and why if no person paused it: `1700000000000 failures 4`
-- PLACE_FOR
--          `instance priority`, expires: who waits for a place, with a task of which priority
-- Keeps    no claim goes above max_running: whoever holds a task has its claim, written and removed by
--          the same scripts, so their number is exact and nothing is counted beside it. What an original
--          runs has no claim.

local function limit_of(field) return tonumber(call('HGET', LIMITS, field)) end

-- max_running and stop_after_failures; nil where there is no limit.
local function limits()
  local found = call('HMGET', LIMITS, 'max_running', 'stop_after_failures')
  return tonumber(found[1]), tonumber(found[2])
end

-- How many tasks more may be claimed while `most` may be held: negative while more are, nil without a
-- limit.
local function until_limit(most) return most and most - call('HLEN', CLAIMS) end

local function place_kept() return string.match(call('GET', PLACE_FOR) or '', '^(%S+) (%d+)$') end

local function has_place(instance) return place_kept() == instance end

-- Wakes those who wait for the limit if this call made room. `before` is what `until_limit` answered at
-- its beginning.
local function tell_room(most, before)
  local left = before and before <= 0 and until_limit(most)
  if left and left > 0 then call('PUBLISH', WAKE, left) end
end

-- A task failed for good, and no person made it: the queue pauses itself at the limit.
local function count_to_stop()
  local limit = limit_of('stop_after_failures')
  if not limit then return end
  if call('HINCRBY', LIMITS, 'failures', 1) < limit or call('EXISTS', PAUSED) == 1 then return end
  call('SET', PAUSED, string.format('%d failures %d', NOW, limit))
  note('paused', 'why', 'failures', 'limit', limit)
  -- What is buffered goes back.
  call('PUBLISH', WAKE, 'renew')
end

local function count_anew() return call('HDEL', LIMITS, 'failures') end
