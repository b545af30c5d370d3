#!lua flags=allow-oom
-- cancel: end a hold and charge nothing.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
-- KEYS[3] operation  string; expires with the memory of the operation
--
-- ARGV[1] plan          the limits (records/plan.lua)
-- ARGV[2] operation_id  the operation's name
-- ARGV[3] seed          counters where Redis has none; empty: answer cold instead; left out: start at zero
--
-- Returns the reply (records/reply.lua), with charges; status cold or stale, else what the operation has come to, by
-- this call or before: spent, settled, cancelled, expired or unknown
-- Cost: O(limits + log holds); 6 calls. Single slot.
local outcome = CANCELLED
local least_cost = 0

-- @include shared/close.lua

return close()
