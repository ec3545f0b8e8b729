-- Cancels tasks: waiting or running with one of us, they have failed at once.
--
-- ARGV[3]   1 if those that are in progress are meant too
-- ARGV[4]   id of the journal
-- ARGV[5…]  task lines
-- Answers   a string, one letter a line: c cancelled, o in progress with an original, n not meant, or
--           in another state
-- Keeps     no result of a cancelled task counts, since its claim is over; its worker ends it at the
--           next heartbeat. What stands under an original's name is left alone.

local RUNNING_TOO, ID = ARGV[3] == '1', ARGV[4]
local FIRST_LINE = 5
local REASON_CANCELLED = cjson.encode('cancelled')

check_types()
local cancelled, waited_for = 0, false

-- An entry of a failure before a retry becomes valid again when no attempt was made since.
local listed
local function drop_from_recent(entry)
  if not listed then
    listed = {}
    for _, found in ipairs(call('LRANGE', RECENT_FAILED, 0, -1)) do listed[found] = true end
  end
  if listed[entry] then call('LREM', RECENT_FAILED, 1, entry) end
end

local function cancel(line, worker)
  local todo, in_progress, failed = homes(line)
  remember(ID, line)
  call('HDEL', in_progress, line)
  call('HDEL', todo, line)
  local started = end_claim(line)
  call('HSET', failed, line, call('HGET', failed, line) or '')
  call('HSET', REASON, line, REASON_CANCELLED)
  local number
  if worker and started > 0 then
    number = append_attempt(line, cjson.encode({
      worker = worker, start = started, ['end'] = NOW, cancelled = true,
    }))
  else
    number = last_attempt_number(call('HGET', ATTEMPTS, line))
    drop_from_recent(number .. ' ' .. line)
  end
  fail_for_good(line, number, 'cancelled')
  cancelled = cancelled + 1
  waited_for = waited_for or worker ~= false
end

local function verdict(line)
  local found = is_task(line) and state(line)
  if found ~= 'todo' and not (found == 'in_progress' and RUNNING_TOO) then return 'n' end
  local _, in_progress = homes(line)
  local worker = call('HGET', in_progress, line)
  if worker and is_original(worker) then return 'o' end
  cancel(line, worker)
  return 'c'
end

-- Nothing is todo, so all of the index is stale: who claims next need not look through it.
local function drop_index()
  for _, bucket in ipairs(call('ZRANGE', READY, 0, -1)) do
    call('UNLINK', PREFIX .. 'ready:' .. bucket)
  end
  call('UNLINK', READY)
end

go_on_when_full()
local most_running = limit_of('max_running')
local before = until_limit(most_running)
local letters = {}
for i = FIRST_LINE, #ARGV do letters[#letters + 1] = verdict(ARGV[i]) end
if cancelled > 0 then
  write_journal(ID, 'cancel', cancelled)
  if call('HLEN', TODO) + call('HLEN', OWN_TODO) == stop_fields(TODO) then drop_index() end
  count('cancelled', cancelled)
  note('cancelled', 'count', cancelled)
  if waited_for then call('PUBLISH', WAKE, 'renew') end
  tell_room(most_running, before)
end
return table.concat(letters)
