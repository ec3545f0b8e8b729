-- The most frequent kinds of failures, each with what is known of some tasks that failed so.
--
-- ARGV[3]  how many kinds   ARGV[4]  how many of the newest tasks of each
-- Answers  { number of kinds, number of failed tasks, { signature, count, oldest record, newest line,
--          newest record, next record, … }, … };
--          records are the last ones of tasks, '' for what is not there; the list of a kind is a hint, so
--          what was retried or failed in another way since is passed over

local MOST, SAMPLE = tonumber(ARGV[3]), tonumber(ARGV[4])
-- With more kinds the signatures say little: the rest is not looked at.
local KINDS_MAX = 10000

local function all_kinds()
  local counts, kinds, cursor = {}, {}, '0'
  repeat
    local found = call('HSCAN', FAILURES, cursor, 'COUNT', 1000)
    cursor = found[1]
    for i = 1, #found[2], 2 do
      local signature = found[2][i]
      -- A scan may show a field twice.
      if not counts[signature] then kinds[#kinds + 1] = signature end
      counts[signature] = tonumber(found[2][i + 1])
    end
  until cursor == '0' or #kinds >= KINDS_MAX
  table.sort(kinds, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return a < b
  end)
  return kinds, counts
end

local function record_of(line, signature)
  if not line or call('HGET', SIGNATURES, line) ~= signature then return '' end
  return last_record(call('HGET', ATTEMPTS, line) or '') or ''
end

local kinds, counts = all_kinds()
local answer = { #kinds, count_tasks()[4] }
for i = 1, math.min(MOST, #kinds) do
  local signature = kinds[i]
  local list = PREFIX .. 'failures:' .. signature
  local row = { signature, counts[signature], record_of(call('LINDEX', list, -1), signature), '' }
  for _, line in ipairs(call('LRANGE', list, 0, SAMPLE - 1)) do
    local record = record_of(line, signature)
    if record ~= '' then
      if row[4] == '' then row[4] = line end
      row[#row + 1] = record
    end
  end
  answer[#answer + 1] = row
end
return answer
