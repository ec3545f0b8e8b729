-- What is said of a queue as a whole. Its cost grows neither with its tasks nor with its workers.
--
-- Answers  { counts, as count_tasks.lua says;
--          { tasks of ours that finished or failed so far, mark: the former compare only while it stands,
--            attempts after which their task was tried again, attempts whose worker was lost, repairs of
--            what peers left };
--          { this minute, seconds of it that are over, ended in it, ms these took, ended in the minute
--            before, ms these took, 1 if an original has written its status };
--          { lanes, tasks that ran on them at the last heartbeat } ('' while not known);
--          { kinds of failure, tasks of the most frequent one, its signature } (0, '' while not known);
--          kinds of big tasks that wait until a host is free enough }

-- More kinds than that are not looked through.
local KINDS_MAX, KINDS_A_STEP, STEPS_MAX = 256, 128, 8

local function number_of(value) return tonumber(value) or 0 end

-- Clear, undo and other bulk actions move tasks that nobody ran: each of them changes the mark.
local function ended()
  local counters = call('HMGET', STATS, 'finished', 'failed', 'attempts_retried', 'lost', 'by_peers')
  local journal = call('ZRANGE', UNDO, -1, -1, 'WITHSCORES')[2] or ''
  local mark = table.concat({ call('GET', EPOCH) or '', call('GET', GENERATION) or '', journal }, ' ')
  return {
    number_of(counters[1]) + number_of(counters[2]),
    mark,
    number_of(counters[3]),
    number_of(counters[4]),
    number_of(counters[5]),
  }
end

local function minute(ago)
  local key = PREFIX .. 'minutes:' .. (math.floor(NOW_SECONDS / 60) - ago)
  return call('HMGET', key, 'finished', 'failed', 'milliseconds', 'lanes', 'running')
end

local function most_frequent_failure()
  local kinds = call('HLEN', FAILURES)
  local signature, most, cursor = '', 0, '0'
  if kinds == 0 or kinds > KINDS_MAX then return { kinds, 0, '' } end
  for _ = 1, STEPS_MAX do
    local step = call('HSCAN', FAILURES, cursor, 'COUNT', KINDS_A_STEP)
    cursor = step[1]
    for i = 1, #step[2], 2 do
      local name, tasks = step[2][i], number_of(step[2][i + 1])
      if tasks > most or (tasks == most and name < signature) then signature, most = name, tasks end
    end
    if cursor == '0' then return { kinds, most, signature } end
  end
  return { kinds, 0, '' }
end

local this, before = minute(0), minute(1)
local live = this[4] and this or before
local has_original = call('HLEN', STATUS) > call('HLEN', REGISTRY)

return {
  count_tasks(),
  ended(),
  {
    math.floor(NOW_SECONDS / 60),
    NOW_SECONDS % 60,
    number_of(this[1]) + number_of(this[2]),
    number_of(this[3]),
    number_of(before[1]) + number_of(before[2]),
    number_of(before[3]),
    has_original and 1 or 0,
  },
  { live[4] or '', live[5] or '' },
  most_frequent_failure(),
  call('HLEN', BLOCKED),
}
