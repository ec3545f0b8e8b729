-- Looks at workers, and takes everything from those whose heartbeat did not change over five looks.
--
-- ARGV[3]   ms between two looks at one worker, at least
-- ARGV[4…]  names of workers
-- Answers   { worker, number of tasks moved, ms since its last heartbeat, … } for those found lost; -1
--           for one that never had a heartbeat
-- Keeps     no age of a timestamp is judged: after Redis or a tunnel was away for long, a worker
--           still has five looks to show a change. Nothing is taken from an original: that it is
--           dead is only noted in `seen`, by five looks, until its heartbeat changes again.

local INTERVAL = tonumber(ARGV[3])
local LOST_MAX = 100

-- Answers whether there were five.
local function look(worker)
  local looks, at = looks_at(worker)
  if not looks then
    looks = 0
  elseif at > NOW then
    -- The clock of Redis was set back: this look counts for nothing, and the next ones again.
    looks = math.min(looks, LOOKS_TO_LOSE - 1)
  elseif looks < LOOKS_TO_LOSE and NOW - at >= INTERVAL then
    looks = looks + 1
  else
    return looks >= LOOKS_TO_LOSE
  end
  call('HSET', SEEN, worker, looks .. ':' .. NOW .. ':' .. (call('HGET', STATUS, worker) or ''))
  return looks >= LOOKS_TO_LOSE
end

-- When it sent its last heartbeat, ms; nil before the first one.
local function last_beat(worker)
  local seconds = tonumber(string.match(call('HGET', STATUS, worker) or '', '^(%d+):'))
  return seconds and seconds * 1000
end

-- For views: who was lost, since when, and how much went back.
local function remember_lost(worker, beat, moved)
  call('LPUSH', LOST, string.format('%.0f:%.0f:%d:%s', NOW, beat or NOW, moved, worker))
  call('LTRIM', LOST, 0, LOST_MAX - 1)
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
    local beat = last_beat(worker)
    local moved = lose_instance(worker, instance)
    forget_worker(worker)
    remember_lost(worker, beat, moved)
    note('lost', 'worker', worker, 'moved', moved)
    table.insert(lost, worker)
    table.insert(lost, moved)
    table.insert(lost, beat and math.max(0, NOW - beat) or -1)
    moved_in_all = moved_in_all + moved
  end
end
if moved_in_all > 0 then call('PUBLISH', WAKE, moved_in_all) end
return lost
