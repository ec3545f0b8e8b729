-- A worker's one round trip: reports what ended, then claims what fits.
--
-- ARGV[3]   worker            ARGV[4]   instance          ARGV[5]  sequence number of this call
-- ARGV[6]   attempts a task may have    ARGV[7]  ms for which its worker leaves a failed task to others
-- ARGV[8]   free lanes        ARGV[9]   free memory, GB   ARGV[10] free cores
-- ARGV[11]  where the walk over buckets goes on
-- ARGV[12…] seven an end: line, sequence number of its claim, outcome (finished, failed, returned),
--           value (JSON of standard output or error), record (JSON), signature, ms it ran
-- Answers   { 'ok', epoch, todo left, cursor, closed, {line, attempt, need, …} }: three an entry;
--           { 'stale' }: a later call was answered before; { 'unregistered' }: renew first.
-- Keeps     the fence (a result counts once, and only for the token that claimed it), the order of
--           an instance's calls, and that a worker whom nobody will look for owns nothing.

local WORKER, INSTANCE, SEQ = ARGV[3], ARGV[4], tonumber(ARGV[5])
local MAX_ATTEMPTS, ELSEWHERE_MS = tonumber(ARGV[6]), tonumber(ARGV[7])
local lanes, memory, cores = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local CURSOR = tonumber(ARGV[11])
local FIRST_END, END_FIELDS = 12, 7
local POPS_MAX, WALK_TOP, WALK_ON, LOOK_AHEAD = 256, 32, 32, 32

local OWNED = owned_key(INSTANCE)
local finished, failed, milliseconds, attempts_failed = 0, 0, 0, 0

local function drop_owned(line, seq)
  local entry = call('HGET', OWNED, line)
  if entry and parse_owned(entry) == seq then call('HDEL', OWNED, line) end
end

local function finish(line, value, record)
  local todo, in_progress = homes(line)
  call('HDEL', in_progress, line)
  call('HDEL', todo, line)
  call('HDEL', CLAIMS, line)
  call('HSET', FINISHED, line, WORKER .. ': ' .. value)
  forget_failure(line)
  add_recent(RECENT_FINISHED, append_attempt(line, record), line)
  finished = finished + 1
end

-- There is an elsewhere only while another worker is registered.
local function may_run_elsewhere() return call('HLEN', REGISTRY) > 1 end

local function fail(line, value, record, signature)
  local todo, in_progress, failed_home = homes(line)
  call('HDEL', in_progress, line)
  call('HDEL', CLAIMS, line)
  local workers = (call('HGET', failed_home, line) or '') .. WORKER .. ','
  call('HSET', failed_home, line, workers)
  call('HSET', REASON, line, value)
  local number = append_attempt(line, record)
  local _, made = string.gsub(workers, ',', '')
  local final = made >= MAX_ATTEMPTS
  if final then
    fail_for_good(line, number, signature)
    failed = failed + 1
  else
    if call('HEXISTS', todo, line) == 0 then requeue(line, 'RPUSH', WORKER) end
    local wait = may_run_elsewhere() and ELSEWHERE_MS or 0
    call('HSET', NOT_BEFORE, line, NOW + wait)
    call('SADD', RETRYING, line)
  end
  attempts_failed = attempts_failed + 1
  note('attempt_failed', 'line', string.sub(line, 1, 1000), 'worker', WORKER, 'attempt', made,
    'of', MAX_ATTEMPTS, 'signature', signature, 'final', final and 1 or 0)
end

-- A success counts if the claim is this one; a failure only if the task is also still ours to fail:
-- in progress under one of our names, or in todo.
local function report(line, seq, outcome, value, record, signature, ms)
  drop_owned(line, seq)
  local token = INSTANCE .. ':' .. seq
  if call('HGET', CLAIMS, line) ~= token then return end
  local todo, in_progress = homes(line)
  local owner = call('HGET', in_progress, line)
  if call('HEXISTS', FINISHED, line) == 1 or (owner and is_original(owner)) then
    take_back(line, token)
  elseif outcome == 'finished' then
    finish(line, value, record)
    milliseconds = milliseconds + ms
  elseif not owner and call('HEXISTS', todo, line) == 0 then
    call('HDEL', CLAIMS, line)
  elseif outcome == 'failed' then
    fail(line, value, record, signature)
    milliseconds = milliseconds + ms
  else
    give_back(INSTANCE, line, seq)
  end
end

-- Claiming ------------------------------------------------------------------------------------------

local claimed, pops, by_peers = {}, 0, 0

-- Splits lines by the hashes in which they live; each line once.
local function by_home(lines)
  local groups, known = {}, {}
  for _, line in ipairs(lines) do
    if not known[line] then
      known[line] = true
      local todo, in_progress, failed_home = homes(line)
      if not groups[todo] then
        groups[todo] = { todo = todo, in_progress = in_progress, failed = failed_home, lines = {} }
      end
      table.insert(groups[todo].lines, line)
    end
  end
  return groups
end

local function own(group, lines)
  local owners, tokens, entries = {}, {}, {}
  for _, line in ipairs(lines) do
    table.insert(owners, line)
    table.insert(owners, WORKER)
    table.insert(tokens, line)
    table.insert(tokens, INSTANCE .. ':' .. ARGV[5])
    table.insert(entries, line)
    table.insert(entries, ARGV[5] .. ':' .. NOW)
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
local function claim(lines)
  local taken = {}
  for _, group in pairs(by_home(lines)) do
    local waiting = call('HMGET', group.todo, unpack(group.lines))
    local running = call('HMGET', group.in_progress, unpack(group.lines))
    local mine = {}
    for i, line in ipairs(group.lines) do
      if waiting[i] then
        local done = call('HEXISTS', FINISHED, line) == 1
        if done or running[i] then
          if done then drop_below_finished(line) else call('HDEL', group.todo, line) end
          by_peers = by_peers + 1
        else
          table.insert(mine, line)
        end
      end
    end
    if #mine > 0 then own(group, mine) end
    for _, line in ipairs(mine) do table.insert(taken, line) end
  end
  return taken
end

local function add_to_answer(lines)
  local records = call('HMGET', ATTEMPTS, unpack(lines))
  for i, line in ipairs(lines) do
    local _, line_memory = parse_line(line)
    table.insert(claimed, line)
    table.insert(claimed, last_attempt_number(records[i]) + 1)
    table.insert(claimed, tostring(need_of(line, line_memory)))
  end
end

-- How many tasks of a bucket may be taken: what its smallest task would leave room for.
local function room(bucket_memory, bucket_cores)
  if bucket_cores > cores or (bucket_memory > 0 and round_memory_below(bucket_memory) >= memory) then
    return 0
  end
  local most = math.min(lanes, POPS_MAX - pops)
  if bucket_cores > 0 then most = math.min(most, math.floor(cores / bucket_cores)) end
  return most
end

-- Keeps at most so many lines whose exact need fits; the others go back to the head in their order.
local function fitting(list, lines, most)
  local fit, back, left = {}, {}, memory
  for _, line in ipairs(lines) do
    local _, line_memory = parse_line(line)
    local need = need_of(line, line_memory)
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

local function charge(lines, bucket_cores)
  for _, line in ipairs(lines) do
    local _, line_memory = parse_line(line)
    memory = memory - need_of(line, line_memory)
  end
  cores = cores - bucket_cores * #lines
  lanes = lanes - #lines
end

local function head_must_wait(list)
  local head = call('LINDEX', list, 0)
  local not_before = head and call('HGET', NOT_BEFORE, head)
  return not_before and tonumber(not_before) > NOW
end

local function claim_from(bucket)
  local bucket_memory, bucket_cores, failed_on = string.match(bucket, '^%d+:(%d+):(%d+)!?(.*)$')
  bucket_memory, bucket_cores = tonumber(bucket_memory), tonumber(bucket_cores)
  local list = PREFIX .. 'ready:' .. bucket
  while true do
    local most = room(bucket_memory, bucket_cores)
    if most <= 0 then return end
    local wanted = most
    if failed_on == WORKER then
      if head_must_wait(list) then return end
      most, wanted = 1, 1
    elseif bucket_memory > memory then
      -- One that fits may stand behind some that do not.
      wanted = math.max(most, math.min(LOOK_AHEAD, POPS_MAX - pops))
    end
    local popped = call('LPOP', list, wanted) or {}
    pops = pops + #popped
    local fit, all_fit = fitting(list, popped, most)
    local taken = #fit > 0 and claim(fit) or {}
    if #taken > 0 then
      if failed_on ~= '' then call('HDEL', NOT_BEFORE, unpack(taken)) end
      add_to_answer(taken)
      charge(taken, bucket_cores)
    end
    if #fit == 0 and #popped > 0 then return end
    if #popped < wanted and all_fit then
      call('ZREM', READY, bucket)
      return
    end
  end
end

-- Walks the buckets from the highest priority, and beyond the first 32 goes on where the last call
-- stopped, so that its cost is bounded however many buckets do not fit. Answers the next start.
local function walk()
  for _, bucket in ipairs(call('ZRANGE', READY, 0, WALK_TOP - 1)) do
    if lanes <= 0 or pops >= POPS_MAX then return 0 end
    claim_from(bucket)
  end
  if lanes <= 0 or pops >= POPS_MAX then return 0 end
  local from = math.max(CURSOR, WALK_TOP)
  local more = call('ZRANGE', READY, from, from + WALK_ON - 1)
  for _, bucket in ipairs(more) do
    if lanes <= 0 or pops >= POPS_MAX then return from end
    claim_from(bucket)
  end
  return #more == WALK_ON and from + WALK_ON or 0
end

-- What a repeated call claimed the first time stands in owned with its number.
local function claim_again()
  local entries = call('HGETALL', OWNED)
  local lines = {}
  for i = 1, #entries, 2 do
    if parse_owned(entries[i + 1]) == ARGV[5] then table.insert(lines, entries[i]) end
  end
  if #lines > 0 then add_to_answer(lines) end
end

local function todo_left(closed)
  return call('HLEN', TODO) + call('HLEN', OWN_TODO) - closed
end

check_types(INSTANCE)
if held_by(WORKER) ~= INSTANCE then return { 'unregistered' } end

local last = last_seq(INSTANCE)
local closed = stop_fields(TODO)
if SEQ < last then return { 'stale' } end
if SEQ == last then
  claim_again()
  return { 'ok', call('GET', EPOCH) or '', todo_left(closed), CURSOR, closed, claimed }
end

for i = FIRST_END, #ARGV, END_FIELDS do
  local line, seq, outcome, value, record, signature, ms = unpack(ARGV, i, i + END_FIELDS - 1)
  parse_line(line)
  if not tonumber(ms) then error('an end without a duration') end
end
go_on_when_full()
for i = FIRST_END, #ARGV, END_FIELDS do
  local line, seq, outcome, value, record, signature, ms = unpack(ARGV, i, i + END_FIELDS - 1)
  report(line, seq, outcome, value, record, signature, tonumber(ms))
end

local cursor = CURSOR
if closed == 0 and lanes > 0 then cursor = walk() end

set_last_seq(INSTANCE, SEQ)
if finished + attempts_failed > 0 then
  count('finished', finished)
  count('attempts_failed', attempts_failed)
  add_minute(finished, failed, milliseconds)
end
if by_peers > 0 then count('by_peers', by_peers) end
if finished + attempts_failed + #claimed > 0 then
  note('cycle', 'worker', WORKER, 'claimed', #claimed / 3, 'finished', finished, 'failed', failed)
end
return { 'ok', made_once(EPOCH), todo_left(closed), cursor, closed, claimed }
