#!lua flags=allow-oom
-- settle: end a hold with its true cost: what is left returns, what is missing is charged up to the limit.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
-- KEYS[3] operation  string; expires with the memory of the operation
--
-- ARGV[1] plan          the limits, and for each the true cost, -1: as held (records/plan.lua)
-- ARGV[2] operation_id  the operation's name
-- ARGV[3] seed          counters where Redis has none; empty: answer cold instead; left out: start at zero
--
-- Returns the reply (records/reply.lua), with charges; status cold or stale, else what the operation has come to, by
-- this call or before: spent, settled, cancelled, expired or unknown
-- Cost: O(limits + log holds); 6 calls. Single slot.
local outcome = SETTLED
local least_cost = -1

-- @include shared/close.lua

return close()
