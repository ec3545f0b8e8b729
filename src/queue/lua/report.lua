-- The part of `cycle` that reports starts and ends. It needs WORKER, INSTANCE, OWNED and ASK of
-- cycle.lua.
--
-- Keeps  the fence: a result counts once, and only with the token that claimed the task.

-- What the ends of this call came to.
local ended = {
  finished = 0, failed = 0, attempts_failed = 0, milliseconds = 0, claimable = 0,
}

-- A buffered task that began to run.
local function begin(line, seq)
  local entry = call('HGET', OWNED, line)
  if not entry then return end
  local owned_seq, started = parse_owned(entry)
  if owned_seq == seq and started == 0 then call('HSET', OWNED, line, seq .. ':' .. NOW) end
end

local report, settle_finished
do
  local KILLS_MAX = 3
  -- A need of all that the largest host has would hardly ever fit: what it has free goes up and down.
  local LEARNED_MOST = 0.9

  local function drop_owned(line, seq)
    local entry = call('HGET', OWNED, line)
    if entry and parse_owned(entry) == seq then call('HDEL', OWNED, line) end
  end

  -- What finished in this call, in its order, and by the failed hash that it may stand in.
  local finished = { lines = {}, records = {}, by_failed = {} }

  -- The writes to the hashes that the original shares come in its order.
  local function finish(line, value, record)
    local todo, in_progress, failed = homes(line)
    call('HSET', FINISHED, line, WORKER .. ': ' .. value)
    call('HDEL', in_progress, line)
    if call('HEXISTS', todo, line) == 1 then call('HDEL', todo, line) end
    call('HDEL', CLAIMS, line)
    table.insert(finished.lines, line)
    table.insert(finished.records, record)
    finished.by_failed[failed] = finished.by_failed[failed] or {}
    table.insert(finished.by_failed[failed], line)
    ended.finished = ended.finished + 1
  end

  -- What follows from it, written for all that finished together: that takes a third of the commands.
  function settle_finished()
    if #finished.lines == 0 then return end
    call_with('HDEL', NEEDS, finished.lines)
    for failed, lines in pairs(finished.by_failed) do forget_failures(failed, lines) end
    local numbers = append_attempts(finished.lines, finished.records, ASK.last_record_alone)
    add_recent(RECENT_FINISHED, numbers, finished.lines)
  end

  -- There is an elsewhere only while another worker is registered.
  local function may_run_elsewhere() return call('HLEN', REGISTRY) > 1 end

  local function fail(line, value, record, signature, attempts_allowed)
    local todo, in_progress, failed_home = homes(line)
    local workers = (call('HGET', failed_home, line) or '') .. WORKER .. ','
    call('HSET', failed_home, line, workers)
    call('HSET', REASON, line, value)
    call('HDEL', in_progress, line)
    call('HDEL', CLAIMS, line)
    local number = append_attempt(line, record, ASK.last_record_alone)
    local _, made = string.gsub(workers, ',', '')
    local final = made >= attempts_allowed
    if final then
      fail_for_good(line, number, signature)
      count_to_stop()
      ended.failed = ended.failed + 1
    else
      if call('HEXISTS', todo, line) == 0 then requeue(line, 'RPUSH', WORKER) end
      local wait = may_run_elsewhere() and ASK.elsewhere_ms or 0
      call('HSET', NOT_BEFORE, line, NOW + wait)
      call('SADD', RETRYING, line)
      ended.claimable = ended.claimable + 1
    end
    ended.attempts_failed = ended.attempts_failed + 1
    note('attempt_failed', 'line', string.sub(line, 1, 1000), 'worker', WORKER, 'attempt', made,
      'of', attempts_allowed, 'signature', signature, 'final', final and 1 or 0)
  end

  -- From now on it needs what it was seen to take, but no more than the largest live host has to give.
  -- Answers how often it was killed for the sake of its host's memory.
  local function learn_need(line, peak_gb)
    local _, memory = parse_line(line)
    local _, largest = capacity()
    local kills = kills_of(line) + 1
    local need = math.max(need_of(line, memory), math.min(peak_gb, LEARNED_MOST * largest))
    call('HSET', NEEDS, line, string.format('%.3f:%d', need, kills))
    return kills
  end

  -- Killed to save its host's memory. No attempt is counted, but the third kill fails the task.
  local function give_back_for_memory(line, seq, value, record, signature, peak_gb)
    local kills = learn_need(line, peak_gb)
    if kills < KILLS_MAX then
      if give_back(INSTANCE, line, tostring(seq)) then ended.claimable = ended.claimable + 1 end
      return
    end
    fail(line, value, record, signature, 0)
  end

  -- A success counts if the claim is this one; a failure only if the task is also still ours to fail:
  -- in progress under one of our names, or in todo.
  function report(line, seq, outcome, value, record, signature, ms, peak_gb)
    drop_owned(line, seq)
    local token = INSTANCE .. ':' .. seq
    if call('HGET', CLAIMS, line) ~= token then return end
    local todo, in_progress = homes(line)
    local owner = call('HGET', in_progress, line)
    if call('HEXISTS', FINISHED, line) == 1 or (owner and is_original(owner)) then
      take_back(line, token)
    elseif outcome == 'finished' then
      finish(line, value, record)
      ended.milliseconds = ended.milliseconds + ms
    elseif not owner and call('HEXISTS', todo, line) == 0 then
      call('HDEL', CLAIMS, line)
    elseif outcome == 'failed' then
      if peak_gb > 0 then learn_need(line, peak_gb) end
      fail(line, value, record, signature, ASK.attempts)
      ended.milliseconds = ended.milliseconds + ms
    elseif outcome == 'memory' then
      give_back_for_memory(line, seq, value, record, signature, peak_gb)
    else
      if give_back(INSTANCE, line, seq) then ended.claimable = ended.claimable + 1 end
    end
  end
end
