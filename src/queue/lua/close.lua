-- Closes or opens a queue as the original's manager closes it: by a field in todo that is no task.
--
-- ARGV[3]  1 to close, 0 to open
-- Answers  1, or 0 if it was so already
-- Keeps    the field tells workers of both kinds; after opening nothing is left of it, nor of what the
--          original makes of it.

local wanted = tonumber(ARGV[3])

check_types()
if wanted == 1 then
  if stop_fields(TODO) > 0 then return 0 end
  call('HSET', TODO, CLOSE[1], '')
  note('closed')
  call('PUBLISH', WAKE, 'closed')
  return 1
end

local removed = 0
for _, key in ipairs({ TODO, FAILED, REASON }) do
  removed = removed + call('HDEL', key, unpack(CLOSE))
end
if removed == 0 then return 0 end
note('opened')
call('PUBLISH', WAKE, 'opened')
return 1
