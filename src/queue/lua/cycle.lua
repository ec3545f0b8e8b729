-- A worker's one round trip: reports what started and ended, then claims what fits.
--
-- ARGV[3]   worker            ARGV[4]   instance          ARGV[5]  sequence number of this call
-- ARGV[6]   JSON of what is asked for: `CycleAsk` in cycle.ts
-- ARGV[7]   number of starts; then two a start: line, sequence number of its claim
-- then      eight an end: line, sequence number of its claim, outcome (finished, failed, returned,
--           memory), value (JSON of standard output or error), record (JSON), signature, ms it ran,
--           GB that it was seen to take if it was ended for the sake of its host's memory, else 0
-- Answers   { 'ok', JSON of `CycleSigns` in cycle.ts, {line, attempt, need, started, …} }: four a task;
--           { 'stale' }: a later call was answered before; { 'unregistered' }: renew first.
-- Keeps     the order of an instance's calls, and that a worker whom nobody will look for owns
--           nothing. What report.lua and claim.lua keep comes before in this text.

check_types(INSTANCE)
if held_by(WORKER) ~= INSTANCE then return { 'unregistered' } end

local stops = stop_fields(TODO)
local stop_after
most_running, stop_after = limits()
-- To be looked at once reports are in: they may pause the queue.
local is_paused
local function look_at_pause() is_paused = call('EXISTS', PAUSED) == 1 end

local function answer(more)
  local lanes = capacity()
  local hungry = call('GET', HUNGRY)
  local signs = {
    epoch = made_once(EPOCH),
    todo = call('HLEN', TODO) + call('HLEN', OWN_TODO) - stops,
    live_lanes = lanes,
    closed = stops > 0,
    paused = is_paused,
    until_limit = until_limit(most_running),
    stops_after_failures = stop_after ~= nil,
    others_idle = hungry ~= false and hungry ~= INSTANCE,
  }
  for name, value in pairs(more) do signs[name] = value end
  return { 'ok', cjson.encode(signs), claimed }
end

-- What a repeated call claimed the first time stands in owned with its number.
local function claim_again()
  local entries = call('HGETALL', OWNED)
  for i = 1, #entries, 2 do
    local seq, started = parse_owned(entries[i + 1])
    if seq == SEQ then
      look_up_needs({ entries[i] })
      add_to_answer({ entries[i] }, started)
    end
  end
end

local number, last = tonumber(SEQ), last_seq(INSTANCE)
if number < last then return { 'stale' } end
if number == last then
  claim_again()
  look_at_pause()
  return answer({ cursor = ASK.cursor })
end

local starts, ends = {}, {}
do
  local START_FIELDS, END_FIELDS = 2, 8
  local first_end = 8 + tonumber(ARGV[7]) * START_FIELDS
  for i = 8, first_end - 1, START_FIELDS do
    table.insert(starts, { line = ARGV[i], seq = ARGV[i + 1] })
  end
  for i = first_end, #ARGV, END_FIELDS do
    local line, seq, outcome, value, record, signature, ms, gb = unpack(ARGV, i, i + END_FIELDS - 1)
    table.insert(ends, {
      line = line, seq = seq, outcome = outcome, value = value, record = record,
      signature = signature, ms = tonumber(ms), peak_gb = tonumber(gb),
    })
  end
end
for _, a_start in ipairs(starts) do parse_line(a_start.line) end
for _, an_end in ipairs(ends) do
  parse_line(an_end.line)
  if not an_end.ms or not an_end.peak_gb then error('an end without its numbers') end
end

go_on_when_full()
local before = until_limit(most_running)
begin(starts)
report(ends)

local cursor, keeps_free, higher = ASK.cursor, false, false
local asks = ASK.lanes > 0 or ASK.buffer > 0 or ASK.buffered_priority
look_at_pause()
if stops > 0 or is_paused then
  -- There is nothing to go on with at once.
  cursor = 0
elseif asks then
  look_at_limit()
  local top = call('ZRANGE', READY, 0, WALK_TOP - 1)
  if ASK.lanes > 0 then cursor, keeps_free = walk(top) end
  if not keeps_free then higher = fill_buffer(top) end
  wait_for_place(top)
  -- Others that hold tasks which they cannot start yet see that this worker could.
  if to_start.tasks > 0 and places > 0 and ASK.lanes > 0 and not keeps_free then
    call('SET', HUNGRY, INSTANCE, 'PX', HUNGRY_MS)
  elseif call('GET', HUNGRY) == INSTANCE then
    call('DEL', HUNGRY)
  end
end

local promise = tell_promise()
set_last_seq(INSTANCE, SEQ)
local tasks = #claimed / 4
if ended.finished + ended.attempts_failed > 0 then
  count('finished', ended.finished)
  count('attempts_failed', ended.attempts_failed)
  if ended.attempts_failed > ended.failed then
    count('attempts_retried', ended.attempts_failed - ended.failed)
  end
  add_minute(ended.finished, ended.failed, ended.milliseconds)
end
if by_peers > 0 then count('by_peers', by_peers) end
if ended.finished + ended.attempts_failed + tasks > 0 then
  note('cycle', 'worker', WORKER, 'claimed', tasks, 'finished', ended.finished, 'failed',
    ended.failed)
end
if ended.claimable > 0 then call('PUBLISH', WAKE, ended.claimable) else tell_room(most_running, before) end
return answer({ cursor = cursor, keeps_free = keeps_free, higher = higher, promise = promise })
