-- The state of each of some tasks.
--
-- ARGV[3…]  task lines
-- Answers   a string, one letter a line: t todo, p in progress, f finished, x failed for good,
--           - absent

local answer = {}
for i = 3, #ARGV do answer[#answer + 1] = STATE_LETTERS[state(ARGV[i])] end
return table.concat(answer)
