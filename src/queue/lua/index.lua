-- Shared by all scripts: the index, which is the buckets of what is ready to be claimed.
--
-- Keeps  the index is a hint. What is todo and not indexed has another mark than the generation.

-- Memory is rounded up to 0 1 2 3 4 6 8 12 16 24 …, which bounds the number of buckets.
local function round_memory(gb)
  if gb <= 4 then return math.ceil(gb) end
  local power = 4
  while power * 2 < gb do power = power * 2 end
  if gb <= power * 1.5 then return power * 1.5 end
  return power * 2
end

-- The step below a rounded amount: a bucket cannot hold a task that needs this little or less.
local function round_memory_below(gb)
  if gb <= 4 then return gb - 1 end
  local power = 4
  while power * 2 <= gb do power = power * 2 end
  if gb == power then return power * 0.75 end
  return power
end

-- A need is GB, or `GB:kills`: how often the task was killed for the sake of its host's memory.
local function read_need(entry, memory)
  return math.max(memory, tonumber(string.match(entry or '', '^[%d.]+')) or 0)
end

local function need_of(line, memory) return read_need(call('HGET', NEEDS, line), memory) end

local function kills_of(line)
  return tonumber(string.match(call('HGET', NEEDS, line) or '', ':(%d+)$')) or 0
end

-- Lanes of all live workers, and the GB that the largest of their hosts has for tasks, as the worker on
-- duty last counted them.
local function capacity()
  local lanes, largest = string.match(call('GET', CAPACITY) or '', '^(%d+):([%d.]+)$')
  return tonumber(lanes) or 0, tonumber(largest) or math.huge
end

local function bucket_of(line)
  local priority, memory, cores = parse_line(line)
  return string.format('%d:%d:%d', priority, round_memory(need_of(line, memory)), cores)
end

-- Puts lines of one bucket at its head ('LPUSH') or tail ('RPUSH'). Of one priority bigger tasks come first, a core
-- counted as 4 GB: smaller ones fit into what they leave, and who keeps itself free for one takes nothing after
-- it. No task is as big as 2^21 GB.
local function index(bucket, lines, push)
  call_with(push, PREFIX .. 'ready:' .. bucket, lines)
  local priority, memory, cores = string.match(bucket, '^(%d+):(%d+):(%d+)')
  call('ZADD', READY, -priority - (memory + 4 * cores) / 2 ^ 21, bucket)
end

-- Makes a task todo. `push` as in index; `failed_on` names the worker that must wait.
local function requeue(line, push, failed_on)
  local todo = homes(line)
  local bucket = bucket_of(line)
  if failed_on then bucket = bucket .. '!' .. failed_on end
  call('HSET', todo, line, made_once(GENERATION))
  index(bucket, { line }, push)
end
