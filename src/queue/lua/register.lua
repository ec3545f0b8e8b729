-- Takes a worker's name.
--
-- ARGV[3]  worker
-- ARGV[4]  what the registry is to hold: `instance machine boot pid pid-start`
-- ARGV[5]  what it must hold now: empty for a free name, else an instance proved gone
-- Answers  { 'ok', epoch, number of tasks recovered, Redis time in ms } or { 'held', what the registry
--          holds }
-- Keeps    a name has one instance. Taking over recovers at once, and started tasks count a loss: a
--          task that kills its worker must not loop while the worker is restarted.

local WORKER, HOLDER, EXPECTED = ARGV[3], ARGV[4], ARGV[5]

check_types()
local found = call('HGET', REGISTRY, WORKER) or ''
if found == HOLDER then return { 'ok', made_once(EPOCH), 0, NOW } end
if found ~= EXPECTED then return { 'held', found } end

go_on_when_full()
local recovered = 0
if found ~= '' then
  recovered = lose_instance(WORKER, string.match(found, '^%S+'))
  forget_worker(WORKER)
end
call('HSET', REGISTRY, WORKER, HOLDER)
note('registered', 'worker', WORKER, 'recovered', recovered)
if recovered > 0 then call('PUBLISH', WAKE, recovered) end
return { 'ok', made_once(EPOCH), recovered, NOW }
