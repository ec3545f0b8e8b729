-- What can be undone now.
--
-- Answers  { id, kind, Redis time in ms when it was done, when it expires, number of tasks, … }: five an
--          entry

local found = {}
local ids = call('ZRANGEBYSCORE', UNDO, NOW, '+inf', 'WITHSCORES')
for i = 1, #ids, 2 do
  local kind, at, tasks = unpack(call('HMGET', journal_key(ids[i]), 'kind', 'at', 'count'))
  if kind then
    for _, value in ipairs({ ids[i], kind, at, ids[i + 1], tasks }) do table.insert(found, value) end
  end
end
return found
