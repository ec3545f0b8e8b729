-- How many tasks are in each state, for counts.lua and overview.lua. Reads lengths only.

-- Answers  { todo, waiting for another attempt, in progress, failed for good, finished, workers of
--          ours, fields by which the original is closed, 1 if paused, actions that can be undone }
local function count_tasks()
  local closed = stop_fields(TODO)
  local retrying = call('SCARD', RETRYING)
  local failed = call('HLEN', FAILED) + call('HLEN', OWN_FAILED) - retrying - stop_fields(FAILED)

  return {
    call('HLEN', TODO) + call('HLEN', OWN_TODO) - closed,
    retrying,
    call('HLEN', IN_PROGRESS) + call('HLEN', OWN_IN_PROGRESS) - stop_fields(IN_PROGRESS),
    math.max(0, failed),
    call('HLEN', FINISHED),
    call('HLEN', REGISTRY),
    closed,
    call('EXISTS', PAUSED),
    call('ZCOUNT', UNDO, NOW, '+inf'),
  }
end
