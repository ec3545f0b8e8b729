-- Lines that a journal keeps under one name, in steps.
--
-- ARGV[3]  id of the journal   ARGV[4]  name   ARGV[5]  where to go on, '0' at first
-- ARGV[6]  lines wanted
-- Answers  { where to go on, '0' at the end, line, … }

local key, cursor, wanted = aside_key(ARGV[3], ARGV[4]), ARGV[5], tonumber(ARGV[6])

local function of_hash()
  local answer = call('HSCAN', key, cursor, 'COUNT', wanted)
  local lines = { answer[1] }
  for i = 1, #answer[2], 2 do table.insert(lines, answer[2][i]) end
  return lines
end

-- An entry of a list of recent tasks begins with the number of an attempt, one of `ready` does not.
local function of_list()
  local first = tonumber(cursor)
  local entries = call('LRANGE', key, first, first + wanted - 1)
  local lines = { #entries < wanted and '0' or string.format('%d', first + wanted) }
  for _, entry in ipairs(entries) do
    table.insert(lines, string.match(entry, '^%d+ (.*)$') or entry)
  end
  return lines
end

local kind = call('TYPE', key).ok
if kind == 'none' then return { '0' } end
return kind == 'hash' and of_hash() or of_list()
