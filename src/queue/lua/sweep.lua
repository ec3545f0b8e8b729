-- Looks at a part of each hash of tasks: indexes what is not indexed, and repairs what peers left.
--
-- ARGV[3]   fields to look at in each
-- ARGV[4…]  cursors: todo, our own todo, in progress, our own, failed, our own, claims, retrying
-- Answers   { number of lines indexed, next cursors in the same order }
-- Keeps     the index is a hint that heals itself, in steps that never block Redis. A line that stands
--           in several hashes keeps the highest state, one that the original would stop at goes out of
--           its sight, what is no task fails. An original's entry in progress and the stop fields are
--           left as they are.

local FIELDS = ARGV[3]
local indexed, repaired = 0, 0

check_types()
go_on_when_full()
local generation = call('GET', GENERATION) or RANDOM

local function is_stop(line) return string.sub(line, 1, #CLOSE[1]) == CLOSE[1] end

local function count_repair() repaired = repaired + 1 end

-- The next fields of a hash as lines and their values, without stop fields. Answers the cursor.
local function scan(key, cursor)
  local answer = call('HSCAN', key, cursor, 'COUNT', FIELDS)
  local found, lines, values = answer[2], {}, {}
  for i = 1, #found, 2 do
    if not is_stop(found[i]) then
      lines[#lines + 1] = found[i]
      values[found[i]] = found[i + 1]
    end
  end
  return answer[1], lines, values
end

-- The values of some lines in a hash, by line.
local function values_in(key, lines)
  local values = {}
  for i, value in ipairs(values_of(key, lines)) do values[lines[i]] = value end
  return values
end

-- What is no task fails at once: nobody could run it, and an original would stop at some of them.
local function refuse(line)
  local _, _, failed = homes(line)
  call('HSETNX', failed, line, '')
  call('HSET', REASON, line, cjson.encode('no task line: type:priority:memory:min_cpu:command'))
  fail_for_good(line, 0, 'no task line')
end

-- Todo ------------------------------------------------------------------------------------------------

-- What a longer bucket lacks is found once it is shorter.
local LOOK_THROUGH = 500

-- The lines of each bucket that was looked through, as it is; true for a longer one.
local standing = {}

local function lines_in(bucket)
  local list = PREFIX .. 'ready:' .. bucket
  if not call('ZSCORE', READY, bucket) then return {} end
  if call('LLEN', list) > LOOK_THROUGH then return true end
  local found = {}
  for _, line in ipairs(call('LRANGE', list, 0, -1)) do found[line] = true end
  return found
end

local function may_stand_in(bucket, line)
  standing[bucket] = standing[bucket] or lines_in(bucket)
  return standing[bucket] == true or standing[bucket][line]
end

-- A mark may lie: a Redis that cut the end of its file may have done the beginning of a call alone.
local function is_indexed(line)
  if not is_task(line) then return false end
  local bucket = bucket_of(line)
  if may_stand_in(bucket, line) then return true end
  local _, _, failed = homes(line)
  local failed_on = string.match(call('HGET', failed, line) or '', '([^,]+),$')
  return failed_on and may_stand_in(bucket .. '!' .. failed_on, line)
end

local function repair_todo(key, line)
  local todo, _, failed = homes(line)
  call('HDEL', key, line)
  local found = state(line)
  if not is_task(line) then
    refuse(line)
    count_repair()
  elseif found == 'finished' then
    drop_below_finished(line)
    count_repair()
  elseif found == 'in_progress' or call('HGET', todo, line) == generation then
    count_repair()
  else
    if call('HEXISTS', failed, line) == 1 then call('SADD', RETRYING, line) end
    requeue(line, 'RPUSH')
    standing = {}
    indexed = indexed + 1
    if todo ~= key then count_repair() end
  end
end

local function sweep_todo(key, in_progress, cursor)
  local next_cursor, lines, marks = scan(key, cursor)
  local finished, running = values_in(FINISHED, lines), values_in(in_progress, lines)
  for _, line in ipairs(lines) do
    local clean = marks[line] == generation and homes(line) == key and is_indexed(line)
    if not clean or finished[line] or running[line] then repair_todo(key, line) end
  end
  return next_cursor
end

-- In progress and claimed ------------------------------------------------------------------------------

-- A peer finished it: no claim of ours counts, and only an original's own entry stays.
local function end_finished(line)
  local _, in_progress = homes(line)
  local owner = call('HGET', in_progress, line)
  if owner and not is_original(owner) then call('HDEL', in_progress, line) end
  end_claim(line)
  drop_below_finished(line)
  count_repair()
end

-- Who claimed it looks after what it owns alone: after half of a call (as in `is_indexed`) it may not know of it.
local function is_owned(line, token)
  local instance = string.match(token, '^(.*):%d+$')
  return instance and call('HEXISTS', owned_key(instance), line) == 1
end

-- Takes what stands in progress under a name of ours, without an owner or out of its home, back to todo.
local function requeue_stray(key, line)
  call('HDEL', key, line)
  local found = state(line)
  if found == 'absent' or found == 'failed' then
    end_claim(line)
    requeue(line, 'LPUSH')
  end
  count_repair()
end

local function sweep_in_progress(key, cursor)
  local next_cursor, lines, owners = scan(key, cursor)
  local finished, claims = values_in(FINISHED, lines), values_in(CLAIMS, lines)
  for _, line in ipairs(lines) do
    local _, home = homes(line)
    if is_original(owners[line]) then
      -- Its own business: it would stop if this entry vanished or came back.
    elseif home ~= key or not (claims[line] or finished[line]) then
      requeue_stray(key, line)
    elseif finished[line] then
      end_finished(line)
    elseif not is_owned(line, claims[line]) then
      requeue_stray(key, line)
    end
  end
  return next_cursor
end

local function sweep_claims(cursor)
  local next_cursor, lines = scan(CLAIMS, cursor)
  local finished, owners = values_in(FINISHED, lines), values_in(IN_PROGRESS, lines)
  for _, line in ipairs(lines) do
    if finished[line] then
      end_finished(line)
    elseif owners[line] and is_original(owners[line]) then
      end_claim(line)
      count_repair()
    end
  end
  return next_cursor
end

-- Failed -----------------------------------------------------------------------------------------------

-- Which of some lines are in `retrying`.
local function retried(lines)
  local members = {}
  for first = 1, #lines, UNPACK_MAX do
    local last = math.min(first + UNPACK_MAX - 1, #lines)
    for i, member in ipairs(call('SMISMEMBER', RETRYING, unpack(lines, first, last))) do
      members[lines[first + i - 1]] = member == 1
    end
  end
  return members
end

local function move_failed(key, line, workers)
  local todo, in_progress, home = homes(line)
  call('HDEL', key, line)
  call('HSETNX', home, line, workers)
  if call('HEXISTS', todo, line) + call('HEXISTS', in_progress, line) > 0 then
    call('SADD', RETRYING, line)
  end
  count_repair()
end

-- `retrying` is to hold what failed and waits or runs again, and nothing else.
local function sweep_failed(key, todo, in_progress, cursor)
  local next_cursor, lines, workers = scan(key, cursor)
  local finished, known = values_in(FINISHED, lines), retried(lines)
  local waiting, running = values_in(todo, lines), values_in(in_progress, lines)
  for _, line in ipairs(lines) do
    local _, _, home = homes(line)
    local again = waiting[line] or running[line]
    if finished[line] then
      call('HDEL', key, line)
      drop_below_finished(line)
      count_repair()
    elseif home ~= key then
      move_failed(key, line, workers[line])
    elseif again and not known[line] then
      call('SADD', RETRYING, line)
    elseif known[line] and not again then
      call('SREM', RETRYING, line)
    end
  end
  return next_cursor
end

-- What an original finished, or a manager removed, is retried no more.
local function sweep_retrying(cursor)
  local answer = call('SSCAN', RETRYING, cursor, 'COUNT', FIELDS)
  local lines = answer[2]
  local shared, own = values_in(FAILED, lines), values_in(OWN_FAILED, lines)
  for _, line in ipairs(lines) do
    if not shared[line] and not own[line] then call('SREM', RETRYING, line) end
  end
  return answer[1]
end

-- Claims and progress come first: what is left of them decides about todo and failed.
local claims, retrying = sweep_claims(ARGV[10]), sweep_retrying(ARGV[11])
local running = sweep_in_progress(IN_PROGRESS, ARGV[6])
local own_running = sweep_in_progress(OWN_IN_PROGRESS, ARGV[7])
local todo = sweep_todo(TODO, IN_PROGRESS, ARGV[4])
local own_todo = sweep_todo(OWN_TODO, OWN_IN_PROGRESS, ARGV[5])
local failed = sweep_failed(FAILED, TODO, IN_PROGRESS, ARGV[8])
local own_failed = sweep_failed(OWN_FAILED, OWN_TODO, OWN_IN_PROGRESS, ARGV[9])

if repaired > 0 then count('by_peers', repaired) end
if indexed > 0 then
  note('indexed', 'count', indexed)
  call('PUBLISH', WAKE, indexed)
end
if repaired > 0 then note('repaired', 'count', repaired) end
return { indexed, todo, own_todo, running, own_running, failed, own_failed, claims, retrying }
