-- All workers: ours by the registry, originals by their heartbeats. Reads no task.
--
-- ARGV[3]  bytes to which each text is cut
-- Answers  { Redis time in ms, {name, holder, details, status, look, 1 if it drains}, … }; '' for what
--          is not there; an original has no holder

local CUT = tonumber(ARGV[3])

local function text(key, worker) return string.sub(call('HGET', key, worker) or '', 1, CUT) end

local function row(worker, holder)
  return { worker, holder, text(WORKERS, worker), text(STATUS, worker), text(SEEN, worker),
    call('SISMEMBER', DRAINING, worker) }
end

local answer = { NOW }
local registered = call('HGETALL', REGISTRY)
for i = 1, #registered, 2 do answer[#answer + 1] = row(registered[i], registered[i + 1]) end
for _, worker in ipairs(call('HKEYS', STATUS)) do
  if is_original(worker) then answer[#answer + 1] = row(worker, '') end
end
return answer
