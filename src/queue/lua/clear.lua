-- Removes every task of this queue. Workers stay; what they run is no longer theirs.
--
-- ARGV[3]  id of the journal
-- Answers  number of tasks removed
-- Keeps    only DistComp's keys of this queue go, and closed, paused, draining and limits stay; a new epoch
--          and generation, so that no result of before is recorded and no old task adopted. Truths
--          are renamed, so that it takes no memory and no time, and can be undone.

local ID = ARGV[3]

check_types()
local removed = call('HLEN', TODO) + call('HLEN', OWN_TODO) + call('HLEN', IN_PROGRESS)
  + call('HLEN', OWN_IN_PROGRESS) + call('HLEN', FINISHED) + call('HLEN', FAILED)
  + call('HLEN', OWN_FAILED) - call('SCARD', RETRYING) - stop_fields(TODO)
  - stop_fields(IN_PROGRESS) - stop_fields(FAILED)

local gone = { NOT_BEFORE, CLAIMS, RETRYING, FAILURES, BLOCKED, RESERVATION, HUNGRY, EPOCH,
  GENERATION }
local function forget(key) table.insert(gone, key) end

local stops = {}
for _, field in ipairs(CLOSE) do
  local value = call('HGET', TODO, field)
  if value then
    table.insert(stops, field)
    table.insert(stops, value)
  end
end
local buckets = call('ZRANGE', READY, 0, -1)
for _, signature in ipairs(call('HKEYS', FAILURES)) do forget(PREFIX .. 'failures:' .. signature) end
for _, holder in ipairs(call('HVALS', REGISTRY)) do
  forget(owned_key(string.match(holder, '^%S+')))
end

local function put_away(name, key)
  if removed > 0 then set_aside(ID, name, key) else call('UNLINK', key) end
end

go_on_when_full()
call('HDEL', TODO, unpack(CLOSE))
call('HDEL', FAILED, unpack(CLOSE))
for _, bucket in ipairs(buckets) do
  local name = 'ready:' .. bucket
  put_away(name, PREFIX .. name)
  call('EXPIRE', aside_key(ID, name), UNDO_SECONDS)
end
for name, key in pairs(KEPT) do put_away(name, key) end
for _, key in ipairs(gone) do call('UNLINK', key) end
call_with('HSET', TODO, stops)
if removed > 0 then write_journal(ID, 'clear', removed) end
count_anew()
made_once(EPOCH)
made_once(GENERATION)
note('cleared', 'removed', removed)
-- A heartbeat tells workers to end what they still run.
call('PUBLISH', WAKE, 'renew')
return removed
