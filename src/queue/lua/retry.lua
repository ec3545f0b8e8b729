-- Failed tasks become todo, as if they had never failed; their attempts stay and numbers go on.
--
-- ARGV[3…]  task lines
-- Answers   a string, one letter a line: r retried, n not failed
-- Keeps     only what failed for good moves, so a task is never in two states; what is no task line
--           stays failed.

check_types()
local verdicts, retried = {}, 0
for i = 3, #ARGV do
  local line = ARGV[i]
  if is_task(line) and state(line) == 'failed' then
    forget_failure(line)
    requeue(line, 'RPUSH')
    retried = retried + 1
    table.insert(verdicts, 'r')
  else
    table.insert(verdicts, 'n')
  end
end
if retried > 0 then
  made_once(EPOCH)
  count('retried', retried)
  note('retried', 'count', retried)
  call('PUBLISH', WAKE, retried)
end
return table.concat(verdicts)
