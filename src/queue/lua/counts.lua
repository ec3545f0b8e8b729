-- How many tasks are in each state. Reads lengths only.
--
-- Answers  { todo, waiting for another attempt, in progress, failed for good, finished, workers of
--          ours, fields by which the original is closed }

local fields = call('HMGET', TODO, unpack(CLOSE))
local closed = (fields[1] and 1 or 0) + (fields[2] and 1 or 0)
local retrying = call('SCARD', RETRYING)
local failed = call('HLEN', FAILED) + call('HLEN', OWN_FAILED) - retrying
for _, field in ipairs(CLOSE) do failed = failed - call('HEXISTS', FAILED, field) end

return {
  call('HLEN', TODO) + call('HLEN', OWN_TODO) - closed,
  retrying,
  call('HLEN', IN_PROGRESS) + call('HLEN', OWN_IN_PROGRESS),
  math.max(0, failed),
  call('HLEN', FINISHED),
  call('HLEN', REGISTRY),
  closed,
}
