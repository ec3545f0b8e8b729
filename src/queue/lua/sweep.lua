-- Looks at a part of the todo hashes and indexes what lacks the mark: lines that the original added,
-- and everything after the index was lost.
--
-- ARGV[3]  cursor in the shared hash   ARGV[4]  cursor in our own   ARGV[5]  fields to look at in each
-- Answers  { next cursor, next cursor in our own, number of lines indexed }
-- Keeps    the index is a hint that heals itself, in steps that never block Redis; what peers put
--          into todo besides another state, or where the original would stop at it, goes from there.

check_types()
local generation = call('GET', GENERATION) or RANDOM
local indexed = 0

local function is_stop(line) return string.sub(line, 1, #CLOSE[1]) == CLOSE[1] end

-- What is no task fails at once: nobody could run it, and an original would stop at some of them.
local function refuse(line)
  local _, _, failed = homes(line)
  call('HSET', failed, line, '')
  call('HSET', REASON, line, cjson.encode('no task line: type:priority:memory:min_cpu:command'))
  fail_for_good(line, 0, 'no task line')
end

local function repair(todo, line)
  local _, _, failed = homes(line)
  local found = state(line)
  call('HDEL', todo, line)
  if not is_task(line) then
    refuse(line)
  elseif found == 'finished' then
    drop_below_finished(line)
  elseif found ~= 'in_progress' then
    if call('HEXISTS', failed, line) == 1 then call('SADD', RETRYING, line) end
    requeue(line, 'RPUSH')
    indexed = indexed + 1
  end
end

local function look(todo, cursor)
  local answer = call('HSCAN', todo, cursor, 'COUNT', ARGV[5])
  local found = answer[2]
  for i = 1, #found, 2 do
    if found[i + 1] ~= generation and not is_stop(found[i]) then repair(todo, found[i]) end
  end
  return answer[1]
end

local shared, own = look(TODO, ARGV[3]), look(OWN_TODO, ARGV[4])
if indexed > 0 then
  note('indexed', 'count', indexed)
  call('PUBLISH', WAKE, indexed)
end
return { shared, own, indexed }
