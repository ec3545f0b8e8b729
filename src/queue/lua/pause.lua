-- Pauses or resumes a queue.
--
-- ARGV[3]  1 to pause, 0 to resume
-- Answers  1, or 0 if it was so already
-- Keeps    the key is the state; the message only hastens what workers learn with their next call.
--          Failures are counted anew once the queue goes on.

local wanted = tonumber(ARGV[3])

check_types()
if call('EXISTS', PAUSED) == wanted then return 0 end
if wanted == 1 then
  call('SET', PAUSED, NOW)
  note('paused')
  -- What is buffered goes back.
  call('PUBLISH', WAKE, 'renew')
else
  call('DEL', PAUSED)
  count_anew()
  note('resumed')
  call('PUBLISH', WAKE, 'resumed')
end
return 1
