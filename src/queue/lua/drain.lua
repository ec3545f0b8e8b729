-- Asks workers to finish what runs and end.
--
-- ARGV[3…]  names of workers
-- Answers   those that no worker of ours has; if there is one, nothing is changed
-- Keeps     a name is drained only while somebody holds it: a later start is not concerned.

check_types()
local unknown = {}
for i = 3, #ARGV do
  if not held_by(ARGV[i]) then unknown[#unknown + 1] = ARGV[i] end
end
if #unknown > 0 or #ARGV < 3 then return unknown end

for i = 3, #ARGV do call('SADD', DRAINING, ARGV[i]) end
note('draining', 'count', #ARGV - 2)
call('PUBLISH', WAKE, 'renew')
return unknown
