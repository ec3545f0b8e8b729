-- The journal of a bulk action, by which it can be undone. It stands before the scripts that write or
-- read one.
--
-- `undo:<id>`         hash: kind, at (Redis time in ms), count (of tasks that can be undone still)
-- `undo:<id>:tasks`   hash: task → JSON of what the action forgot of it (retry, cancel)
-- `undo:<id>:<name>`  what was renamed aside (clear, remove_finished)
-- UNDO                sorted set: id → Redis time in ms at which all of it expires
-- Keeps               a journal is written by the script that acts, so neither is there alone.

local UNDO_SECONDS = 600

local function journal_key(id) return PREFIX .. 'undo:' .. id end

local function aside_key(id, name) return journal_key(id) .. ':' .. name end

-- What clear and remove_finished keep, by its name there. `ready` lists are kept for their order.
local KEPT = {
  todo = TODO, own_todo = OWN_TODO, in_progress = IN_PROGRESS, own_in_progress = OWN_IN_PROGRESS,
  finished = FINISHED, failed = FAILED, own_failed = OWN_FAILED, reason = REASON,
  attempts = ATTEMPTS, losses = LOSSES, needs = NEEDS, signatures = SIGNATURES, stats = STATS,
  recent_finished = RECENT_FINISHED, recent_failed = RECENT_FAILED, ready = READY,
}

local TRUTHS_KEPT = {
  'todo', 'own_todo', 'in_progress', 'own_in_progress', 'finished', 'failed', 'own_failed',
}

-- Two actions may come in one millisecond: the later one is the newer all the same.
local function expiry_of(id)
  local at = NOW + UNDO_SECONDS * 1000
  local newest = call('ZRANGE', UNDO, -1, -1, 'WITHSCORES')
  if not newest[1] or newest[1] == id then return at end
  return math.max(at, tonumber(newest[2]) + 1)
end

-- All that expires with a journal, but for the `ready` lists.
local function prolong(id)
  call('EXPIRE', journal_key(id), UNDO_SECONDS)
  call('EXPIRE', aside_key(id, 'tasks'), UNDO_SECONDS)
  for name in pairs(KEPT) do call('EXPIRE', aside_key(id, name), UNDO_SECONDS) end
  call('ZADD', UNDO, expiry_of(id), id)
  call('EXPIRE', UNDO, UNDO_SECONDS)
end

-- Opens a journal, or goes on with it: an action on many tasks is several calls with one id.
local function write_journal(id, kind, tasks)
  call('HSET', journal_key(id), 'kind', kind, 'at', NOW)
  call('HINCRBY', journal_key(id), 'count', tasks)
  call('ZREMRANGEBYSCORE', UNDO, '-inf', NOW)
  prolong(id)
end

local function attempts_of(line) return last_attempt_number(call('HGET', ATTEMPTS, line)) end

-- Keeps what is about to be forgotten of a task. Call it before the change, and write the journal
-- after the last of them.
local function remember(id, line)
  local _, _, failed = homes(line)
  call('HSET', aside_key(id, 'tasks'), line, cjson.encode({
    failed = call('HGET', failed, line) or nil,
    reason = call('HGET', REASON, line) or nil,
    losses = call('HGET', LOSSES, line) or nil,
    need = call('HGET', NEEDS, line) or nil,
    signature = call('HGET', SIGNATURES, line) or nil,
    attempts = attempts_of(line),
  }))
end

-- Renames a key aside, which takes no time however much it holds.
local function set_aside(id, name, key)
  if call('EXISTS', key) == 1 then call('RENAME', key, aside_key(id, name)) end
end

local function is_empty(id)
  local keys = { aside_key(id, 'tasks') }
  for _, name in ipairs(TRUTHS_KEPT) do table.insert(keys, aside_key(id, name)) end
  return call('EXISTS', unpack(keys)) == 0
end

local function remove_journal(id)
  for _, bucket in ipairs(call('ZRANGE', aside_key(id, 'ready'), 0, -1)) do
    call('UNLINK', aside_key(id, 'ready:' .. bucket))
  end
  for name in pairs(KEPT) do call('UNLINK', aside_key(id, name)) end
  call('UNLINK', journal_key(id))
  call('ZREM', UNDO, id)
end

-- Takes lines back one after the other. `take_back_one(index, line)` answers a letter: r for one that is as it
-- was before, k for one that is left as it is now. Answers how many are as before, and all letters. The call
-- that takes back the last line ends the journal.
local function take_back_each(id, first_line, take_back_one)
  local letters, done, settled = {}, 0, 0
  for i = first_line, #ARGV do
    local letter = take_back_one(i - first_line + 1, ARGV[i])
    if letter == 'r' then done = done + 1 end
    if letter == 'r' or letter == 'k' then settled = settled + 1 end
    table.insert(letters, letter)
  end
  if is_empty(id) then
    remove_journal(id)
  else
    if settled > 0 then call('HINCRBY', journal_key(id), 'count', -settled) end
    prolong(id)
  end
  return done, table.concat(letters)
end
