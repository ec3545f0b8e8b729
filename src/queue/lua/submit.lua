-- Adds task lines that are in no hash; a failed one is retried.
--
-- ARGV[3]   the first of two looks: one letter a line, empty while no original is alive
-- ARGV[4…]  task lines
-- Answers   a string, one letter a line: a added, r retried, t already todo, p in progress,
--           f finished, u neither, since an original may be moving it
-- Keeps     a submitted task is in exactly one state; submitting twice changes nothing.

local SEEN_BEFORE = ARGV[3]
local FIRST_LINE = 4

check_types()

-- Same bucket, one push: a chunk of a sweep is usually one bucket.
local buckets, fresh = {}, {}
local verdicts, added, retried = {}, 0, 0
local letters = { finished = 'f', in_progress = 'p', todo = 't', failed = 'r', absent = 'a' }

for i = FIRST_LINE, #ARGV do
  local line = ARGV[i]
  local bucket = bucket_of(line)
  local letter = fresh[line] and 't' or letters[state(line)]
  if (letter == 'a' or letter == 'r') and not is_settled(SEEN_BEFORE, i - FIRST_LINE + 1, line) then
    letter = 'u'
  end
  verdicts[#verdicts + 1] = letter
  if letter == 'a' or letter == 'r' then
    fresh[line] = letter
    if not buckets[bucket] then buckets[bucket] = {} end
    table.insert(buckets[bucket], line)
  end
end

if next(fresh) then
  made_once(EPOCH)
  local generation = made_once(GENERATION)
  for line, letter in pairs(fresh) do
    if letter == 'r' then
      forget_failure(line)
      retried = retried + 1
    else
      added = added + 1
    end
  end
  for bucket, lines in pairs(buckets) do
    local shared, own = {}, {}
    for _, line in ipairs(lines) do
      local fields = homes(line) == TODO and shared or own
      fields[#fields + 1] = line
      fields[#fields + 1] = generation
    end
    call_with('HSET', TODO, shared)
    call_with('HSET', OWN_TODO, own)
    index(bucket, lines, 'RPUSH')
  end
  count('submitted', added)
  count('retried', retried)
  note('submitted', 'added', added, 'retried', retried)
  call('PUBLISH', WAKE, added + retried)
end

return table.concat(verdicts)
