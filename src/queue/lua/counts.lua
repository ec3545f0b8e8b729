-- How many tasks are in each state.
--
-- Answers  what count_tasks.lua says

return count_tasks()
