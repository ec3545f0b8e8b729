-- How many tasks are in each state, for counts.lua and overview.lua. Reads lengths only.

-- Answers  { todo, waiting for another attempt, in progress, failed for good, finished, workers of
--          ours, fields by which the original is closed, actions that can be undone, what PAUSED holds,
--          tasks that workers of ours hold, max_running, stop_after_failures, failures counted to it };
--          an empty text for what is not there
local function count_tasks()
  local closed = stop_fields(TODO)
  local retrying = call('SCARD', RETRYING)
  local limits = call('HMGET', LIMITS, 'max_running', 'stop_after_failures', 'failures')
  local failed = call('HLEN', FAILED) + call('HLEN', OWN_FAILED) - retrying - stop_fields(FAILED)

  return {
    call('HLEN', TODO) + call('HLEN', OWN_TODO) - closed,
    retrying,
    call('HLEN', IN_PROGRESS) + call('HLEN', OWN_IN_PROGRESS) - stop_fields(IN_PROGRESS),
    math.max(0, failed),
    call('HLEN', FINISHED),
    call('HLEN', REGISTRY),
    closed,
    call('ZCOUNT', UNDO, NOW, '+inf'),
    call('GET', PAUSED) or '',
    call('HLEN', CLAIMS),
    limits[1] or '',
    limits[2] or '',
    limits[3] or '0',
  }
end
