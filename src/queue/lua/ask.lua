-- What all parts of `cycle` read of its arguments; cycle.lua tells of them.

local WORKER, INSTANCE, SEQ = ARGV[3], ARGV[4], ARGV[5]
local ASK = cjson.decode(ARGV[6])
local OWNED = owned_key(INSTANCE)
