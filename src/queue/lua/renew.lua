-- The heartbeat: status, details, and ownership compared both ways.
--
-- ARGV[3]   worker   ARGV[4]  instance   ARGV[5]  sequence number of this call
-- ARGV[6]   what the registry holds for this instance (begins with it)
-- ARGV[7]   `used_cores:total_cores:used_gb:total_gb`   ARGV[8]  details, JSON
-- ARGV[9…]  four a task that the worker holds: line, sequence number of its claim, 1 if its attempt
--           runs, epoch that its claim was answered with
-- Answers   { 'ok', Redis time in ms, duty, {line, …} }: what to end, since it is no longer this
--           worker's; duty is 1 for the one worker that now looks after queue and peers;
--           { 'stale' }; { 'taken' }: another instance has the name, take a new one.
-- Keeps     owned equals what the worker holds: what it does not hold goes back, what was taken
--           from it and by nobody else is adopted again while its epoch stands.

local WORKER, INSTANCE, SEQ = ARGV[3], ARGV[4], tonumber(ARGV[5])
local FIRST_TASK, TASK_FIELDS = 9, 4
local DUTY_MS = 1900

local OWNED = owned_key(INSTANCE)
local to_end, adopted, returned = {}, 0, 0

local function adopt(line, seq, runs, epoch)
  local todo, in_progress = homes(line)
  if runs ~= '1' or epoch ~= call('GET', EPOCH) or call('HEXISTS', CLAIMS, line) == 1 then
    return false
  end
  if call('HEXISTS', FINISHED, line) == 1 or call('HEXISTS', in_progress, line) == 1 then
    return false
  end
  if call('HDEL', todo, line) == 0 then return false end
  call('HSET', in_progress, line, WORKER)
  call('HSET', CLAIMS, line, INSTANCE .. ':' .. seq)
  call('HSET', OWNED, line, seq .. ':' .. NOW)
  adopted = adopted + 1
  return true
end

check_types(INSTANCE)
local tasks = {}
for i = FIRST_TASK, #ARGV, TASK_FIELDS do
  local line, seq = ARGV[i], ARGV[i + 1]
  parse_line(line)
  tasks[line] = { seq = seq, runs = ARGV[i + 2], epoch = ARGV[i + 3] }
end

local holder = held_by(WORKER)
if holder and holder ~= INSTANCE then return { 'taken' } end
local last = last_seq(INSTANCE)
if SEQ < last then return { 'stale' } end
if SEQ == last then return { 'ok', NOW, 0, {} } end

go_on_when_full()
for line, task in pairs(tasks) do
  local token = INSTANCE .. ':' .. task.seq
  if call('HGET', CLAIMS, line) == token then
    if call('HEXISTS', OWNED, line) == 0 then call('HSET', OWNED, line, task.seq .. ':' .. NOW) end
  elseif not adopt(line, task.seq, task.runs, task.epoch) then
    table.insert(to_end, line)
  end
end

local entries = call('HGETALL', OWNED)
for i = 1, #entries, 2 do
  local line, seq = entries[i], parse_owned(entries[i + 1])
  if not tasks[line] or tasks[line].seq ~= seq then
    if give_back(INSTANCE, line, seq) then returned = returned + 1 end
  end
end

if not holder then call('HSET', REGISTRY, WORKER, ARGV[6]) end
call('HSET', STATUS, WORKER, NOW_SECONDS .. ':' .. ARGV[7])
call('HSET', WORKERS, WORKER, ARGV[8])
set_last_seq(INSTANCE, SEQ)
made_once(EPOCH)
if not holder or adopted + returned > 0 then
  note('renewed', 'worker', WORKER, 'adopted', adopted, 'returned', returned)
end
if returned > 0 then call('PUBLISH', WAKE, returned) end
local duty = call('SET', PREFIX .. 'duty', INSTANCE, 'NX', 'PX', DUTY_MS)
return { 'ok', NOW, duty and 1 or 0, to_end }
