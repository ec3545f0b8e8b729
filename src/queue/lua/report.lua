-- The part of `cycle` that reports starts and ends. It needs WORKER, INSTANCE, OWNED and ASK of
-- cycle.lua.
--
-- Keeps  the fence: a result counts once, and only with the token that claimed the task.

-- What the ends of this call came to.
local ended = {
  finished = 0, failed = 0, attempts_failed = 0, milliseconds = 0, claimable = 0,
}

local begin, report
do
  local KILLS_MAX = 3
  -- A need of all that the largest host has would hardly ever fit: what it has free goes up and down.
  local LEARNED_MOST = 0.9

  local function lines_of(parts)
    local lines = {}
    for i, part in ipairs(parts) do lines[i] = part.line end
    return lines
  end

  local function token_of(claim) return INSTANCE .. ':' .. claim.seq end

  -- Buffered tasks that began to run: line and sequence number of the claim.
  function begin(starts)
    local entries = {}
    for i, entry in ipairs(values_of(OWNED, lines_of(starts))) do
      local seq, started
      if entry then seq, started = parse_owned(entry) end
      if seq == starts[i].seq and started == 0 then
        table.insert(entries, starts[i].line)
        table.insert(entries, seq .. ':' .. NOW)
      end
    end
    call_with('HSET', OWNED, entries)
  end

  local function drop_owned(ends, lines)
    local dropped = {}
    for i, entry in ipairs(values_of(OWNED, lines)) do
      if entry and parse_owned(entry) == ends[i].seq then table.insert(dropped, lines[i]) end
    end
    call_with('HDEL', OWNED, dropped)
  end

  -- Of the lines of one home those that succeeded. The writes to the hashes that the original shares come
  -- in its order.
  local function finish(home, lines, by_line, waiting)
    local results = {}
    for _, line in ipairs(lines) do
      table.insert(results, line)
      table.insert(results, WORKER .. ': ' .. by_line[line].value)
    end
    call_with('HSET', FINISHED, results)
    call_with('HDEL', home.in_progress, lines)
    call_with('HDEL', home.todo, waiting)
    call_with('HDEL', CLAIMS, lines)
    forget_failures(home.failed, lines)
  end

  -- Answers which lines of one home succeeded: a peer may have them, or have finished them.
  local function finish_ours(home, by_line)
    local owners = values_of(home.in_progress, home.lines)
    local done = values_of(FINISHED, home.lines)
    local todo = values_of(home.todo, home.lines)
    local ours, waiting = {}, {}
    for i, line in ipairs(home.lines) do
      if done[i] or (owners[i] and is_original(owners[i])) then
        take_back(line, token_of(by_line[line]))
      else
        table.insert(ours, line)
        if todo[i] then table.insert(waiting, line) end
      end
    end
    if #ours > 0 then finish(home, ours, by_line, waiting) end
    return ours
  end

  -- Successes with the token of the claim, by line, and the lines in the order of the reports. All are looked
  -- up and written together: that takes a tenth of the commands.
  local function report_finished(by_line, lines)
    local counts = {}
    for _, home in pairs(by_home(lines)) do
      for _, line in ipairs(finish_ours(home, by_line)) do counts[line] = true end
    end
    local counted, records = {}, {}
    for _, line in ipairs(lines) do
      if counts[line] then
        table.insert(counted, line)
        table.insert(records, by_line[line].record)
        ended.milliseconds = ended.milliseconds + by_line[line].ms
      end
    end
    if #counted == 0 then return end
    call_with('HDEL', NEEDS, counted)
    add_recent(RECENT_FINISHED, append_attempts(counted, records, ASK.last_record_alone), counted)
    ended.finished = ended.finished + #counted
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

  -- What did not succeed, if it is still ours to fail or to give back: in progress under one of our
  -- names, or in todo.
  local function report_other(an_end)
    local line, value, record, signature = an_end.line, an_end.value, an_end.record, an_end.signature
    local token = token_of(an_end)
    local todo, in_progress = homes(line)
    local owner = call('HGET', in_progress, line)
    if call('HEXISTS', FINISHED, line) == 1 or (owner and is_original(owner)) then
      take_back(line, token)
    elseif not owner and call('HEXISTS', todo, line) == 0 then
      call('HDEL', CLAIMS, line)
    elseif an_end.outcome == 'failed' then
      if an_end.peak_gb > 0 then learn_need(line, an_end.peak_gb) end
      fail(line, value, record, signature, ASK.attempts)
      ended.milliseconds = ended.milliseconds + an_end.ms
    elseif an_end.outcome == 'memory' then
      give_back_for_memory(line, an_end.seq, value, record, signature, an_end.peak_gb)
    else
      if give_back(INSTANCE, line, an_end.seq) then ended.claimable = ended.claimable + 1 end
    end
  end

  -- A report counts if the claim is the one that it tells of; there is one a line.
  function report(ends)
    local lines = lines_of(ends)
    drop_owned(ends, lines)
    local counts, finished, others = {}, {}, {}
    for i, claim in ipairs(values_of(CLAIMS, lines)) do
      local line, an_end = lines[i], ends[i]
      if claim == token_of(an_end) and not counts[line] then
        counts[line] = an_end
        if an_end.outcome == 'finished' then
          table.insert(finished, line)
        else
          table.insert(others, an_end)
        end
      end
    end
    report_finished(counts, finished)
    for _, an_end in ipairs(others) do report_other(an_end) end
  end
end
