-- Everything that is known of one task.
--
-- ARGV[3]  task line
-- Answers  { state, worker in progress, result, reason, failed on, attempts, losses, need, not
--          before, owned entry }; '' for what is not there

local line = ARGV[3]
local _, in_progress, failed = homes(line)
local token = call('HGET', CLAIMS, line) or ''
local instance = string.match(token, '^(.*):%d+$')
return {
  state(line),
  call('HGET', in_progress, line) or '',
  call('HGET', FINISHED, line) or '',
  call('HGET', REASON, line) or '',
  call('HGET', failed, line) or '',
  call('HGET', ATTEMPTS, line) or '',
  call('HGET', LOSSES, line) or '0',
  call('HGET', NEEDS, line) or '',
  call('HGET', NOT_BEFORE, line) or '',
  instance and call('HGET', owned_key(instance), line) or '',
}
