-- Brings back tasks that clear or remove_finished took away, unless they are there again.
--
-- ARGV[3]   what a first look saw
-- ARGV[4]   id of the journal
-- ARGV[5…]  task lines
-- Answers   a string, one letter a line: r restored, k there again, and left as it is, - not kept,
--           u seen otherwise a second ago
-- Keeps     a line comes back only from no state, and leaves the journal by the same call: what was
--           interrupted can be repeated. What was in progress is todo again, at the head.

local SEEN_BEFORE, ID = ARGV[3], ARGV[4]
local FIRST_LINE = 5

-- A line may have stood where it does not belong: the sweep had not come to it.
local PLACES = {
  { 'finished', 'finished' }, { 'in_progress', 'in_progress' }, { 'in_progress', 'own_in_progress' },
  { 'todo', 'todo' }, { 'todo', 'own_todo' }, { 'failed', 'failed' }, { 'failed', 'own_failed' },
  { 'reason', 'reason' }, { 'attempts', 'attempts' }, { 'losses', 'losses' }, { 'needs', 'needs' },
  { 'signature', 'signatures' },
}
for _, place in ipairs(PLACES) do place[2] = aside_key(ID, place[2]) end

local function kept_of(line)
  local kept = {}
  for _, place in ipairs(PLACES) do
    local what, key = unpack(place)
    kept[what] = kept[what] or call('HGET', key, line) or nil
  end
  return kept
end

local function forget_kept(line)
  for _, place in ipairs(PLACES) do call('HDEL', place[2], line) end
end

local function write(key, line, value)
  if value then call('HSET', key, line, value) end
end

-- Newest first: what comes back is older than what is there.
local function add_oldest(list, line)
  if call('LLEN', list) >= RECENT_MAX then return end
  call('RPUSH', list, attempts_of(line) .. ' ' .. line)
end

local function restore_todo(line, kept)
  if kept.failed then call('SADD', RETRYING, line) end
  if is_task(line) then
    requeue(line, kept.in_progress and 'LPUSH' or 'RPUSH')
  else
    -- The sweep refuses it, as it would have done.
    call('HSET', (homes(line)), line, '')
  end
end

local function restore_failed(line, kept)
  if kept.signature then count_failure(line, kept.signature) end
  add_oldest(RECENT_FAILED, line)
end

local function restore(line, kept)
  local _, _, failed = homes(line)
  write(ATTEMPTS, line, kept.attempts)
  write(NEEDS, line, kept.needs)
  if kept.finished then
    call('HSET', FINISHED, line, kept.finished)
    add_oldest(RECENT_FINISHED, line)
    return
  end
  write(failed, line, kept.failed)
  write(REASON, line, kept.reason)
  write(LOSSES, line, kept.losses)
  if kept.todo or kept.in_progress then restore_todo(line, kept) else restore_failed(line, kept) end
end

local function letter_of(index, line)
  local kept = kept_of(line)
  if not (kept.finished or kept.in_progress or kept.todo or kept.failed) then return '-' end
  if not is_settled(SEEN_BEFORE, index, line) then return 'u' end
  local is_gone = state(line) == 'absent'
  forget_kept(line)
  if not is_gone then return 'k' end
  restore(line, kept)
  return 'r'
end

check_types()
local restored, letters = take_back_each(ID, FIRST_LINE, letter_of)
if restored > 0 then
  made_once(EPOCH)
  note('restored', 'count', restored)
  call('PUBLISH', WAKE, restored)
end
return letters
