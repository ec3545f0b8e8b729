-- Sets aside the attempts of tasks that were removed.
--
-- ARGV[3]   id of the journal
-- ARGV[4…]  task lines
-- Keeps     those of a line that has been submitted again stay: they are, or go on, its own.

local ID = ARGV[3]

check_types()
go_on_when_full()
for i = 4, #ARGV do
  local line = ARGV[i]
  local records = state(line) == 'absent' and call('HGET', ATTEMPTS, line)
  if records then
    call('HDEL', ATTEMPTS, line)
    if call('HEXISTS', aside_key(ID, 'finished'), line) == 1 then
      call('HSET', aside_key(ID, 'attempts'), line, records)
    end
  end
end
prolong(ID)
return #ARGV - 3
