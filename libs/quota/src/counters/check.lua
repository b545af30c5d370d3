#!lua flags=allow-oom
-- check: tell how a cost would be decided, and every limit as it stands; spend nothing.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
--
-- ARGV[1] plan          the limits, and for each what is asked (records/plan.lua)
-- ARGV[2] is_held       1: as reserve would decide it, 0: as spend would
-- ARGV[3] seed          counters where Redis has none; empty: answer cold instead; left out: start at zero
--
-- Returns the reply (records/reply.lua), with retries; status denied, cold or stale, spent where it would be allowed
-- Cost: O(limits); 2 calls. A denial adds O(holds), at most 128. Single slot.
local least_cost = 0

-- @include shared/decide.lua

local violated = decide(ARGV[2] == '1')
local bits, retries = observed(violated)
return answer((violated and not observing) and DENIED or SPENT, bits, 0, retries)
