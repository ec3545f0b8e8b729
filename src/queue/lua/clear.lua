-- Removes every task of this queue. Workers stay; what they run is no longer theirs.
--
-- Answers  number of tasks removed
-- Keeps    only DistComp's keys of this queue go; a new epoch and generation, so that no result of
--          before is recorded and no old task adopted.

check_types()
local removed = call('HLEN', TODO) + call('HLEN', OWN_TODO) + call('HLEN', IN_PROGRESS)
  + call('HLEN', OWN_IN_PROGRESS) + call('HLEN', FINISHED) + call('HLEN', FAILED)
  + call('HLEN', OWN_FAILED) - call('SCARD', RETRYING) - stop_fields(TODO) - stop_fields(FAILED)

local keys = { TODO, IN_PROGRESS, FINISHED, FAILED, REASON, OWN_TODO, OWN_IN_PROGRESS, OWN_FAILED,
  READY, NOT_BEFORE, CLAIMS, ATTEMPTS, LOSSES, NEEDS, RETRYING, RECENT_FINISHED, RECENT_FAILED,
  FAILURES, STATS, EPOCH, GENERATION }
for _, bucket in ipairs(call('ZRANGE', READY, 0, -1)) do
  table.insert(keys, PREFIX .. 'ready:' .. bucket)
end
for _, signature in ipairs(call('HKEYS', FAILURES)) do
  table.insert(keys, PREFIX .. 'failures:' .. signature)
end
for _, holder in ipairs(call('HVALS', REGISTRY)) do
  table.insert(keys, owned_key(string.match(holder, '^%S+')))
end
for _, key in ipairs(keys) do call('UNLINK', key) end
made_once(EPOCH)
made_once(GENERATION)
note('cleared', 'removed', removed)
return removed
