-- What a view shows of some tasks.
--
-- ARGV[3]   bytes to which each text is cut
-- ARGV[4…]  task lines
-- Answers   for each line { state, text, last record, token, owned entry, 1 if it failed before }:
--           text is the owner's name, the result or the reason, by state; '' for what is not there

local CUT = tonumber(ARGV[3])

local function text(line, where)
  local _, in_progress = homes(line)
  local key = ({ finished = FINISHED, in_progress = in_progress, failed = REASON })[where]
  return key and string.sub(call('HGET', key, line) or '', 1, CUT) or ''
end

local rows = {}
for i = 4, #ARGV do
  local line = ARGV[i]
  local found = state(line)
  local _, _, failed = homes(line)
  local token = call('HGET', CLAIMS, line) or ''
  local instance = string.match(token, '^(.*):%d+$')
  rows[#rows + 1] = {
    found,
    text(line, found),
    last_record(call('HGET', ATTEMPTS, line) or '') or '',
    token,
    instance and call('HGET', owned_key(instance), line) or '',
    call('HEXISTS', failed, line),
  }
end
return rows
