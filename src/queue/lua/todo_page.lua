-- A page of what is ready, in the order in which it will be served.
--
-- ARGV[3]  rank of the bucket to begin with   ARGV[4]  offset in its list   ARGV[5]  lines wanted
-- Answers  { rank, offset } at which the next page begins (rank -1 at the end), then the lines.
--          Entries of the index that are no longer todo are left out.

local rank, offset, wanted = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local BUCKETS_MAX = 256

local lines = {}
local buckets = call('ZRANGE', READY, rank, rank + BUCKETS_MAX - 1)
for _, bucket in ipairs(buckets) do
  local list = PREFIX .. 'ready:' .. bucket
  local found = call('LRANGE', list, offset, offset + wanted - #lines - 1)
  for _, line in ipairs(found) do
    local todo = homes(line)
    if call('HEXISTS', todo, line) == 1 then lines[#lines + 1] = line end
  end
  offset = offset + #found
  if offset < call('LLEN', list) then return { rank, offset, unpack(lines) } end
  rank, offset = rank + 1, 0
  if #lines >= wanted then break end
end
if rank >= call('ZCARD', READY) then rank = -1 end
return { rank, offset, unpack(lines) }
