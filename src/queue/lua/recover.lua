-- Looks at workers, and takes everything from those whose heartbeat did not change over five looks.
--
-- ARGV[3]   ms between two looks at one worker, at least
-- ARGV[4…]  names of workers
-- Answers   { worker, number of tasks moved, … } for those found lost
-- Keeps     no age of a timestamp is judged: after Redis or a tunnel was away for long, a worker
--           still has five looks to show a change. Nothing is taken from an original: that it is
--           dead is only noted in `seen`, by five looks, until its heartbeat changes again.

local INTERVAL = tonumber(ARGV[3])

-- Answers whether there were five.
local function look(worker)
  local looks, at = looks_at(worker)
  if not looks then
    looks = 0
  elseif looks < LOOKS_TO_LOSE and NOW - at >= INTERVAL then
    looks = looks + 1
  else
    return looks >= LOOKS_TO_LOSE
  end
  call('HSET', SEEN, worker, looks .. ':' .. NOW .. ':' .. (call('HGET', STATUS, worker) or ''))
  return looks >= LOOKS_TO_LOSE
end

check_types()
go_on_when_full()
local lost, moved_in_all = {}, 0
for i = 4, #ARGV do
  local worker = ARGV[i]
  local instance = held_by(worker)
  if is_original(worker) then
    look(worker)
  elseif instance and look(worker) then
    local moved = lose_instance(worker, instance)
    forget_worker(worker)
    note('lost', 'worker', worker, 'moved', moved)
    table.insert(lost, worker)
    table.insert(lost, moved)
    moved_in_all = moved_in_all + moved
  end
end
if moved_in_all > 0 then call('PUBLISH', WAKE, moved_in_all) end
return lost
