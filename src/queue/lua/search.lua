-- One step of a search through the tasks of a state: what matches is all that leaves Redis.
--
-- ARGV[3]  state              ARGV[4]  1: the hash of lines that are ours alone, 0: the shared one
-- ARGV[5]  cursor of HSCAN    ARGV[6]  fields to look at, about
-- ARGV[7]  the text in lower case   ARGV[8]  the same as it stands within JSON
-- Answers  { next cursor ('0' at the end), tasks looked at, tasks in this state, line, … }
-- Keeps    upper and lower case of ASCII are one. It looks at the line, at who has or had the task, and
--          at its result or the reason of its failure.

local STATE, OURS, CURSOR, FIELDS = ARGV[3], ARGV[4] == '1', ARGV[5], ARGV[6]
local TEXT, IN_JSON = ARGV[7], ARGV[8]

local KEYS_OF = {
  todo = { TODO, OWN_TODO },
  in_progress = { IN_PROGRESS, OWN_IN_PROGRESS },
  failed = { FAILED, OWN_FAILED },
  finished = { FINISHED },
}

local function has(text, wanted)
  return text and string.find(string.lower(text), wanted, 1, true) ~= nil
end

local function matches(line, value)
  if has(line, TEXT) then return true end
  if STATE == 'in_progress' then return has(value, TEXT) end
  if STATE == 'finished' then return has(value, TEXT) or has(value, IN_JSON) end
  if STATE ~= 'failed' then return false end
  return has(value, TEXT) or has(call('HGET', REASON, line), IN_JSON)
    or has(call('HGET', SIGNATURES, line), TEXT)
end

local keys = KEYS_OF[STATE]
local total = 0
for _, key in ipairs(keys) do total = total + call('HLEN', key) - stop_fields(key) end
if STATE == 'failed' then total = math.max(0, total - call('SCARD', RETRYING)) end

-- What waits for another attempt stands among the failed ones too.
local function is_one_of_them(line)
  if line == CLOSE[1] or line == CLOSE[2] then return false end
  return STATE ~= 'failed' or call('SISMEMBER', RETRYING, line) == 0
end

local step = call('HSCAN', keys[OURS and 2 or 1], CURSOR, 'COUNT', FIELDS)
local found, seen = {}, 0
for i = 1, #step[2], 2 do
  local line = step[2][i]
  if is_one_of_them(line) then
    seen = seen + 1
    -- A task may stand in a hash of a lower state too.
    if matches(line, step[2][i + 1]) and state(line) == STATE then table.insert(found, line) end
  end
end
return { step[1], seen, total, unpack(found) }
