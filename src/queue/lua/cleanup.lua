-- Takes tasks back that stand in progress under the name of an original, since somebody asked for it.
--
-- ARGV[3]   the original
-- ARGV[4]   dead: only if five looks found no change of its heartbeat; forced: whatever it says
-- ARGV[5]   1 to forget it too, if it is dead
-- ARGV[6…]  task lines
-- Answers   number of tasks that are todo again, or -1 for one that is not dead
-- Keeps     only what stands under this name moves, and what a peer finished stays finished. This is
--           the one script that touches an original's entries.

local WORKER, FORCED, FORGET = ARGV[3], ARGV[4] == 'forced', ARGV[5] == '1'
local FIRST_LINE = 6

local function is_dead() return (looks_at(WORKER) or 0) >= LOOKS_TO_LOSE end

-- In every case it stands under this name no more.
local function take_from_original(line)
  local todo, in_progress, failed = homes(line)
  if call('HGET', in_progress, line) ~= WORKER then return false end
  call('HDEL', in_progress, line)
  end_claim(line)
  if call('HEXISTS', FINISHED, line) == 1 then
    drop_below_finished(line)
    return false
  end
  if not is_task(line) then
    -- The sweep refuses it with a reason.
    call('HSET', todo, line, '')
    return true
  end
  if call('HEXISTS', failed, line) == 1 then call('SADD', RETRYING, line) end
  requeue(line, 'LPUSH')
  return true
end

check_types()
if not is_original(WORKER) then
  error(WORKER .. ' is a worker of ours: its tasks come back when it is lost')
end
local dead = is_dead()
if not dead and not FORCED then return -1 end

go_on_when_full()
local moved = 0
for i = FIRST_LINE, #ARGV do
  if take_from_original(ARGV[i]) then moved = moved + 1 end
end
if FORGET and dead then forget_worker(WORKER) end
if moved > 0 then
  made_once(EPOCH)
  count('returned', moved)
  note('cleaned', 'worker', WORKER, 'moved', moved)
  call('PUBLISH', WAKE, moved)
end
return moved
