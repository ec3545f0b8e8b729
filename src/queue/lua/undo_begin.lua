-- Begins to undo a bulk action, or goes on with it. What is kept does not expire meanwhile.
--
-- ARGV[3]  id of the journal
-- Answers  { kind, bucket, … }: the buckets whose order is kept, in the order of service; {} if there
--          is no such journal any more
-- Keeps    counters of a cleared queue are added once.

local ID = ARGV[3]

check_types()
local kind = call('HGET', journal_key(ID), 'kind')
if not kind then return {} end
local buckets = call('ZRANGE', aside_key(ID, 'ready'), 0, -1)
local counters = call('HGETALL', aside_key(ID, 'stats'))
prolong(ID)
for _, bucket in ipairs(buckets) do
  call('EXPIRE', aside_key(ID, 'ready:' .. bucket), UNDO_SECONDS)
end
call('DEL', aside_key(ID, 'stats'))
for i = 1, #counters, 2 do count(counters[i], counters[i + 1]) end
return { kind, unpack(buckets) }
