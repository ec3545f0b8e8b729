-- Leaves a request for a worker of ours, which takes it with its next heartbeat.
--
-- ARGV[3]  worker   ARGV[4]  the request, JSON: `OutputRequest` in requests.ts
-- Answers  1, or 0 if no worker of ours has that name
-- Keeps    nothing waits for ever: a request that nobody takes expires.

local REQUEST_SECONDS = 60
local MOST_WAITING = 256

local instance = held_by(ARGV[3])
if not instance then return 0 end
local key = commands_key(instance)
call('RPUSH', key, ARGV[4])
call('LTRIM', key, -MOST_WAITING, -1)
call('EXPIRE', key, REQUEST_SECONDS)
call('PUBLISH', WAKE, 'renew ' .. instance)
return 1
