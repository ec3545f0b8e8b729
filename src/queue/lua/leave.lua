-- The end of a worker in good order: what it still holds goes back, its name is free.
--
-- ARGV[3]  worker   ARGV[4]  instance
-- Answers  number of tasks given back, or -1 if the name is another's
-- Keeps    an instance that left owns nothing.

local WORKER, INSTANCE = ARGV[3], ARGV[4]

check_types(INSTANCE)
if held_by(WORKER) ~= INSTANCE then return -1 end
local entries = call('HGETALL', owned_key(INSTANCE))
local returned = 0
for i = 1, #entries, 2 do
  if give_back(INSTANCE, entries[i], (parse_owned(entries[i + 1]))) then returned = returned + 1 end
end
call('DEL', owned_key(INSTANCE))
forget_worker(WORKER)
note('left', 'worker', WORKER, 'returned', returned)
if returned > 0 then call('PUBLISH', WAKE, returned) end
return returned
