-- Ends what was to be undone: nothing is kept any more.
--
-- ARGV[3]  id of the journal   ARGV[4]  number of tasks that are as they were before

local ID = ARGV[3]

for _, bucket in ipairs(call('ZRANGE', aside_key(ID, 'ready'), 0, -1)) do
  call('UNLINK', aside_key(ID, 'ready:' .. bucket))
end
for name in pairs(KEPT) do call('UNLINK', aside_key(ID, name)) end
call('UNLINK', aside_key(ID, 'tasks'))
call('UNLINK', journal_key(ID))
call('ZREM', UNDO, ID)
note('undone', 'count', ARGV[4])
return 'ok'
