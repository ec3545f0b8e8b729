-- Removes every finished task with its result. Attempts go in steps after that: remove_attempts.lua.
--
-- ARGV[3]  id of the journal
-- Answers  number of tasks removed
-- Keeps    the result is renamed, so that it takes no memory and no time, and can be undone; a new
--          epoch, so that no run of before is adopted for a line that is submitted again.

local ID = ARGV[3]

-- Attempts of a line that is submitted again are counted from 1: hints of before must not fit them.
local function drop_hints_of_finished()
  local others = {}
  for _, entry in ipairs(call('LRANGE', RECENT_FAILED, 0, -1)) do
    local line = string.match(entry, '^%d+ (.*)$')
    if call('HEXISTS', FINISHED, line) == 0 then table.insert(others, entry) end
  end
  call('DEL', RECENT_FAILED)
  call_with('RPUSH', RECENT_FAILED, others)
end

check_types()
local removed = call('HLEN', FINISHED)
if removed == 0 then return 0 end
go_on_when_full()
drop_hints_of_finished()
set_aside(ID, 'finished', FINISHED)
set_aside(ID, 'recent_finished', RECENT_FINISHED)
write_journal(ID, 'remove_finished', removed)
call('SET', EPOCH, RANDOM)
note('removed_finished', 'removed', removed)
return removed
