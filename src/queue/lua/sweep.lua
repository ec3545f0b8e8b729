-- Looks at a part of the todo hashes and indexes what lacks the mark: lines that the original added,
-- and everything after the index was lost.
--
-- ARGV[3]  cursor in the shared hash   ARGV[4]  cursor in our own   ARGV[5]  fields to look at in each
-- Answers  { next cursor, next cursor in our own, number of lines indexed }
-- Keeps    the index is a hint that heals itself, in steps that never block Redis.

check_types()
local generation = call('GET', GENERATION) or RANDOM
local indexed = 0

local function is_task(line) return string.match(line, '^%a+:%d+:%d+:%d+:') end

local function look(todo, cursor)
  local answer = call('HSCAN', todo, cursor, 'COUNT', ARGV[5])
  local found = answer[2]
  for i = 1, #found, 2 do
    local line = found[i]
    if found[i + 1] ~= generation and is_task(line) then
      local _, _, failed = homes(line)
      if call('HEXISTS', failed, line) == 1 then call('SADD', RETRYING, line) end
      requeue(line, 'RPUSH')
      indexed = indexed + 1
    end
  end
  return answer[1]
end

local shared, own = look(TODO, ARGV[3]), look(OWN_TODO, ARGV[4])
if indexed > 0 then
  note('indexed', 'count', indexed)
  call('PUBLISH', WAKE, indexed)
end
return { shared, own, indexed }
