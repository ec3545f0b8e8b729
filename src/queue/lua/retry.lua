-- Failed tasks become todo, as if they had never failed; their attempts stay and numbers go on.
--
-- ARGV[3]   what a first look saw
-- ARGV[4]   id of the journal    ARGV[5]  GB that they must have from now on; 0: as before
-- ARGV[6]   only tasks of this signature; '': of any
-- ARGV[7…]  task lines
-- Answers   a string, one letter a line: r retried, n not failed, or not meant, u seen otherwise a
--           second ago
-- Keeps     only what failed for good moves, so a task is never in two states; what is no task line
--           stays failed. One action tries a task once: what fails again while the others are still to
--           come stays failed.

local SEEN_BEFORE, ID, MEMORY, SIGNATURE = ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local FIRST_LINE = 7

-- How often memory pressure ended it is part of the history that is forgotten.
local function set_need(line)
  local _, line_memory = parse_line(line)
  if MEMORY > 0 then
    call('HSET', NEEDS, line, string.format('%d', math.max(MEMORY, line_memory)))
  elseif kills_of(line) > 0 then
    call('HSET', NEEDS, line, tostring(need_of(line, line_memory)))
  end
end

local function is_meant(line)
  return is_task(line) and state(line) == 'failed'
    and (SIGNATURE == '' or call('HGET', SIGNATURES, line) == SIGNATURE)
    and call('HEXISTS', aside_key(ID, 'tasks'), line) == 0
end

check_types()
local verdicts, retried = {}, 0
for i = FIRST_LINE, #ARGV do
  local line = ARGV[i]
  if not is_meant(line) then
    table.insert(verdicts, 'n')
  elseif not is_settled(SEEN_BEFORE, i - FIRST_LINE + 1, line) then
    table.insert(verdicts, 'u')
  else
    remember(ID, line)
    forget_failure(line)
    set_need(line)
    requeue(line, 'RPUSH')
    retried = retried + 1
    table.insert(verdicts, 'r')
  end
end
if retried > 0 then
  write_journal(ID, 'retry', retried)
  made_once(EPOCH)
  count('retried', retried)
  note('retried', 'count', retried)
  call('PUBLISH', WAKE, retried)
end
return table.concat(verdicts)
