-- The part of `cycle` that claims. It needs WORKER, INSTANCE, OWNED, SEQ and ASK of cycle.lua.
--
-- Keeps  a claim counts only if the line was in a todo hash and in none above it, and none goes above
--        the limit of the queue; no call pops more than 256 entries or looks at more than 64 buckets.

local POPS_MAX, WALK_TOP, WALK_ON, LOOK_AHEAD = 256, 32, 32, 32

-- What may still be taken in this call: to be started at once, and to be buffered.
local to_start = {
  tasks = ASK.lanes, memory = ASK.memory, cores = ASK.cores, started = NOW,
}
local to_buffer = {
  tasks = ASK.buffer, memory = ASK.buffer_memory, cores = ASK.buffer_cores, started = 0,
}
local claimed, pops, by_peers = {}, 0, 0

-- What the limit of the queue leaves ------------------------------------------------------------------

-- How many tasks may be held, and how many more claimed.
local most_running, places, lanes_of_all = nil, math.huge, 0
-- Another waits for a place with a task of this priority.
local kept_for = -1

-- What ended in this call counts no more.
local function look_at_limit()
  if not most_running then return end
  places = until_limit(most_running)
  lanes_of_all = capacity()
  local instance, priority = place_kept()
  if instance ~= INSTANCE then kept_for = tonumber(priority) or -1 end
end

local function is_kept_from(priority) return priority < kept_for end

-- A buffered task takes no place that a lane could use: each live lane keeps one. While nobody has counted
-- the lanes, nothing is buffered.
local function allowed(budget, priority)
  if not most_running then return places end
  local left = is_kept_from(priority) and places - 1 or places
  if budget.started > 0 then return left end
  return lanes_of_all > 0 and left - lanes_of_all or 0
end

-- What the workers of this machine promised to tasks ------------------------------------------------

local PROMISES = promises_key(ASK.machine)
local promised_memory, promised_cores = ASK.promised_memory, ASK.promised_cores
local counted_peers = false

-- Peers on this machine take from the same memory and cores. Looked at only when a task asks for some.
local function count_peers()
  if counted_peers then return end
  counted_peers = true
  local promises = call('HGETALL', PROMISES)
  local memory, cores = 0, 0
  for i = 1, #promises, 2 do
    if promises[i] ~= WORKER then
      local peer_memory, peer_cores = string.match(promises[i + 1], '^([%d.]+):([%d.]+)$')
      memory, cores = memory + (tonumber(peer_memory) or 0), cores + (tonumber(peer_cores) or 0)
    end
  end
  to_start.memory = math.max(0, math.min(to_start.memory, ASK.unpromised_memory - memory))
  to_start.cores = math.max(0, to_start.cores - cores)
  to_buffer.memory = math.max(0, to_buffer.memory - memory)
  to_buffer.cores = math.max(0, to_buffer.cores - cores)
end

local function tell_promise()
  local promise = print_promise(promised_memory, promised_cores)
  if promise ~= ASK.told_promise then keep_promise(ASK.machine, WORKER, promise) end
  return promise
end

-- Taking lines ----------------------------------------------------------------------------------------

local function own(group, lines, started)
  local owners, tokens, entries = {}, {}, {}
  for _, line in ipairs(lines) do
    table.insert(owners, line)
    table.insert(owners, WORKER)
    table.insert(tokens, line)
    table.insert(tokens, INSTANCE .. ':' .. SEQ)
    table.insert(entries, line)
    table.insert(entries, SEQ .. ':' .. started)
  end
  call_with('HDEL', group.todo, lines)
  call_with('HSET', group.in_progress, owners)
  call_with('HSET', CLAIMS, tokens)
  call_with('HSET', OWNED, entries)
  -- One that an original failed since it was indexed is not marked yet.
  local failed_on = call('HMGET', group.failed, unpack(lines))
  for i, line in ipairs(lines) do
    if failed_on[i] then call('SADD', RETRYING, line) end
  end
end

-- Claims those of the popped lines that are todo and nowhere above it. What is finished or in
-- progress besides is dropped from the lower hashes: a peer put it there.
local function claim(lines, started)
  local taken = {}
  for _, group in pairs(by_home(lines)) do
    local waiting = values_of(group.todo, group.lines)
    local running = values_of(group.in_progress, group.lines)
    local done_by = values_of(FINISHED, group.lines)
    local mine = {}
    for i, line in ipairs(group.lines) do
      if waiting[i] then
        local done = done_by[i]
        if done or running[i] then
          if done then drop_below_finished(line) else call('HDEL', group.todo, line) end
          by_peers = by_peers + 1
        else
          table.insert(mine, line)
        end
      end
    end
    if #mine > 0 then own(group, mine, started) end
    for _, line in ipairs(mine) do table.insert(taken, line) end
  end
  return taken
end

-- GB by the line, of those that were popped. What changes it, the reports, comes before.
local needs = {}

local function look_up_needs(lines)
  if #lines == 0 then return end
  for i, entry in ipairs(call('HMGET', NEEDS, unpack(lines))) do
    local _, memory = parse_line(lines[i])
    needs[lines[i]] = read_need(entry, memory)
  end
end

local function add_to_answer(lines, started)
  local records = call('HMGET', ATTEMPTS, unpack(lines))
  for i, line in ipairs(lines) do
    table.insert(claimed, line)
    table.insert(claimed, last_attempt_number(records[i]) + 1)
    table.insert(claimed, tostring(needs[line]))
    table.insert(claimed, started > 0 and 1 or 0)
  end
end

-- Fitting ---------------------------------------------------------------------------------------------

local function parse_bucket(bucket)
  local priority, memory, cores, failed_on =
    string.match(bucket, '^(%d+):(%d+):(%d+)!?(.*)$')
  return tonumber(memory), tonumber(cores), failed_on, tonumber(priority)
end

-- Whether the smallest task that a bucket can hold fits.
local function may_fit(bucket_memory, bucket_cores, memory, cores)
  return bucket_cores <= cores and (bucket_memory == 0 or round_memory_below(bucket_memory) < memory)
end

-- How many tasks of a bucket may be taken: what its smallest task would leave room for.
local function room(budget, bucket_memory, bucket_cores, priority)
  local most = math.min(budget.tasks, allowed(budget, priority), POPS_MAX - pops)
  if most <= 0 then return 0 end
  if bucket_memory > 0 or bucket_cores > 0 then count_peers() end
  if not may_fit(bucket_memory, bucket_cores, budget.memory, budget.cores) then return 0 end
  if bucket_cores > 0 then most = math.min(most, math.floor(budget.cores / bucket_cores)) end
  return most
end

-- Keeps at most so many lines whose exact need fits; the others go back to the head in their order.
local function fitting(list, lines, most, left)
  look_up_needs(lines)
  local fit, back = {}, {}
  for _, line in ipairs(lines) do
    local need = needs[line]
    if #fit < most and need <= left then
      left = left - need
      table.insert(fit, line)
    else
      table.insert(back, 1, line)
    end
  end
  call_with('LPUSH', list, back)
  return fit, #back == 0
end

local function charge(budget, lines, bucket_cores)
  for _, line in ipairs(lines) do
    budget.memory = budget.memory - needs[line]
    if budget.started > 0 then promised_memory = promised_memory + needs[line] end
  end
  budget.cores = budget.cores - bucket_cores * #lines
  budget.tasks = budget.tasks - #lines
  places = places - #lines
  if budget.started > 0 then promised_cores = promised_cores + bucket_cores * #lines end
end

local function head_must_wait(list)
  local head = call('LINDEX', list, 0)
  local not_before = head and call('HGET', NOT_BEFORE, head)
  local wait = not_before and tonumber(not_before) - NOW or 0
  -- Longer than any failure asks for: the clock of Redis was set back since.
  return wait > 0 and wait <= ASK.elsewhere_ms
end

-- Answers whether any task came.
local function claim_from(bucket, budget)
  local bucket_memory, bucket_cores, failed_on, priority = parse_bucket(bucket)
  local list = PREFIX .. 'ready:' .. bucket
  local some = false
  while true do
    local most = room(budget, bucket_memory, bucket_cores, priority)
    if most <= 0 then return some end
    local wanted = most
    if failed_on == WORKER then
      if head_must_wait(list) then return some end
      most, wanted = 1, 1
    elseif bucket_memory > budget.memory then
      -- One that fits may stand behind some that do not.
      wanted = math.max(most, math.min(LOOK_AHEAD, POPS_MAX - pops))
    end
    local popped = call('LPOP', list, wanted) or {}
    pops = pops + #popped
    local fit, all_fit = fitting(list, popped, most, budget.memory)
    local taken = #fit > 0 and claim(fit, budget.started) or {}
    if #taken > 0 then
      some = true
      if failed_on ~= '' then call('HDEL', NOT_BEFORE, unpack(taken)) end
      add_to_answer(taken, budget.started)
      charge(budget, taken, bucket_cores)
    end
    if #fit == 0 and #popped > 0 then return some end
    if #popped < wanted and all_fit then
      call('ZREM', READY, bucket)
      return some
    end
  end
end

-- Big tasks -------------------------------------------------------------------------------------------

-- A bucket from which something was claimed waits no longer.
local function waits_no_longer(bucket)
  if call('HDEL', BLOCKED, bucket) == 0 then return end
  if call('GET', RESERVATION) == INSTANCE .. ' ' .. bucket then call('DEL', RESERVATION) end
end

-- Whether this worker is to take nothing after this bucket: its head fits when what runs here has
-- ended, it has waited for long, and no other worker keeps itself free for what comes before it, or for
-- the same. Nil if its head never fits here.
local function keeps_free_for(bucket)
  local head = call('LINDEX', PREFIX .. 'ready:' .. bucket, 0)
  if not head or state(head) ~= 'todo' then return nil end
  local _, line_memory, cores = parse_line(head)
  if need_of(head, line_memory) > ASK.capacity_memory or cores > ASK.capacity_cores then
    return nil
  end
  local since = tonumber(call('HGET', BLOCKED, bucket))
  if not since or since > NOW then
    call('HSET', BLOCKED, bucket, NOW)
    since = NOW
  end
  if NOW - since < ASK.big_task_wait_ms then return false end
  local holder, other = string.match(call('GET', RESERVATION) or '', '^(%S+) (.*)$')
  local place = holder and holder ~= INSTANCE and call('ZSCORE', READY, other)
  if place and tonumber(place) <= tonumber(call('ZSCORE', READY, bucket)) then return false end
  call('SET', RESERVATION, INSTANCE .. ' ' .. bucket, 'PX', RESERVATION_MS)
  return true
end

-- The walk --------------------------------------------------------------------------------------------

local function is_full() return to_start.tasks <= 0 or places <= 0 or pops >= POPS_MAX end

-- Of the buckets that do not fit, the first that this worker could hold at all is the one that may be waiting
-- for its room. So many are looked at until one is found.
local big_looks = 4

-- Answers whether the walk is to stop here.
local function start_from(bucket)
  local came = claim_from(bucket, to_start)
  local memory, cores, failed_on, priority = parse_bucket(bucket)
  if memory == 0 and cores == 0 then return false end
  if came then waits_no_longer(bucket) end
  if came or big_looks == 0 or failed_on == WORKER or is_full() then return false end
  if places <= 1 and is_kept_from(priority) then return false end
  if not may_fit(memory, cores, ASK.capacity_memory, ASK.capacity_cores) then return false end
  local keeps_free = keeps_free_for(bucket)
  big_looks = keeps_free == nil and big_looks - 1 or 0
  return keeps_free
end

-- Walks the buckets from the highest priority, and beyond the first 32 goes on where the last call
-- stopped, so that its cost is bounded however many buckets do not fit. Answers the next start, and
-- whether this worker keeps itself free for a big task.
local function walk(top)
  if is_full() then return 0, false end
  for _, bucket in ipairs(top) do
    if start_from(bucket) then return 0, true end
    if is_full() then return 0, false end
  end
  local from = math.max(ASK.cursor, WALK_TOP)
  local more = #top == WALK_TOP and call('ZRANGE', READY, from, from + WALK_ON - 1) or {}
  for _, bucket in ipairs(more) do
    if start_from(bucket) then return from, true end
    if is_full() then return from, false end
  end
  return #more == WALK_ON and from + WALK_ON or 0, false
end

-- Buffered tasks come from the highest bucket that fits into what is about to be free. Answers whether
-- that bucket comes before what is buffered already: then nothing is added to it.
local function fill_buffer(top)
  for _, bucket in ipairs(top) do
    local bucket_memory, bucket_cores, failed_on, priority = parse_bucket(bucket)
    local fits = may_fit(bucket_memory, bucket_cores, ASK.freed_memory, ASK.freed_cores)
    local head = fits and failed_on ~= WORKER and call('LINDEX', PREFIX .. 'ready:' .. bucket, 0)
    if head and state(head) == 'todo' then
      if ASK.buffered_priority and priority > ASK.buffered_priority then return true end
      if to_buffer.tasks > 0 then claim_from(bucket, to_buffer) end
      return false
    end
  end
  return false
end

-- The priority of the first task that this worker could start, if the limit let it.
local function first_that_fits(top)
  for _, bucket in ipairs(top) do
    local _, _, failed_on, priority = parse_bucket(bucket)
    local head = failed_on ~= WORKER and call('LINDEX', PREFIX .. 'ready:' .. bucket, 0)
    if head and state(head) == 'todo' then
      local _, line_memory, cores = parse_line(head)
      local need = need_of(head, line_memory)
      if need > 0 or cores > 0 then count_peers() end
      if need <= to_start.memory and cores <= to_start.cores then return priority end
    end
  end
end

-- Whoever reports at the limit claims the place that it makes, and may have no room for what comes first. So
-- a worker that has asks that nothing of a lower priority takes the last place. `top` as in `walk`.
local function wait_for_place(top)
  if not most_running or ASK.lanes == 0 then return end
  local priority = places <= 0 and to_start.tasks > 0 and first_that_fits(top)
  if priority and priority > kept_for then
    call('SET', PLACE_FOR, string.format('%s %d', INSTANCE, priority), 'PX', PLACE_MS)
  elseif not priority and has_place(INSTANCE) then
    call('DEL', PLACE_FOR)
    if places > 0 then call('PUBLISH', WAKE, places) end
  end
end
