-- What holds a task up, as far as the queue itself shows it. Reads no whole hash or list.
--
-- ARGV[3]  task line
-- Answers  JSON of `QueueSigns` in waitingFacts.ts
-- Keeps    bounded: at most 256 buckets are counted, and the first 1,000 entries of its own are looked through

local LINE = ARGV[3]
local BUCKETS_MAX, AHEAD_MAX, MINUTES = 256, 1000, 10

local todo, in_progress, failed = homes(LINE)
local priority, line_memory, cores = parse_line(LINE)

-- Lines in buckets of a higher priority: hints, since one may be there that is no longer todo.
local function higher()
  local count = 0
  for _, bucket in ipairs(call('ZRANGE', READY, 0, BUCKETS_MAX - 1)) do
    if tonumber(string.match(bucket, '^%d+')) <= priority then break end
    count = count + call('LLEN', PREFIX .. 'ready:' .. bucket)
  end
  return count
end

local function last_failed_on()
  return string.match(call('HGET', failed, LINE) or '', '([^,]+),$') or ''
end

local BUCKET = bucket_of(LINE)

-- How many of its bucket come before it, -1 if it is not among the first.
local function ahead(failed_on)
  for _, bucket in ipairs({ BUCKET, BUCKET .. '!' .. failed_on }) do
    local place = call('LPOS', PREFIX .. 'ready:' .. bucket, LINE, 'MAXLEN', AHEAD_MAX)
    if place then return place end
  end
  return -1
end

-- How long attempts took in the last minutes, on average.
local function mean_milliseconds()
  local ended, milliseconds = 0, 0
  local minute = math.floor(NOW_SECONDS / 60)
  for back = 0, MINUTES - 1 do
    local found = call('HMGET', PREFIX .. 'minutes:' .. minute - back,
      'finished', 'failed', 'milliseconds')
    ended = ended + (tonumber(found[1]) or 0) + (tonumber(found[2]) or 0)
    milliseconds = milliseconds + (tonumber(found[3]) or 0)
  end
  return ended > 0 and milliseconds / ended or -1
end

local reserved_by, reserved_for =
  string.match(call('GET', RESERVATION) or '', '^(%S+) (.*)$')
local mark, generation = call('HGET', todo, LINE), call('GET', GENERATION)
local failed_on = last_failed_on()
return cjson.encode({
  state = state(LINE),
  owner = call('HGET', in_progress, LINE) or '',
  closed = stop_fields(TODO) > 0,
  paused = call('GET', PAUSED) or '',
  max_running = limit_of('max_running') or -1,
  held = call('HLEN', CLAIMS),
  indexed = generation ~= false and mark == generation,
  need_gb = need_of(LINE, line_memory),
  line_gb = line_memory,
  cores = cores,
  failed_on = failed_on,
  tried_by = call('HGET', failed, LINE) or '',
  waits_ms = math.max(0, (tonumber(call('HGET', NOT_BEFORE, LINE) or '') or 0) - NOW),
  higher = higher(),
  ahead = ahead(failed_on),
  reserved_by = reserved_by or '',
  reserved_for_it = reserved_for == BUCKET,
  mean_ms = mean_milliseconds(),
})
