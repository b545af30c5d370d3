#!lua flags=allow-oom
-- check: tell how a cost would be decided, and every limit as it stands; spend nothing.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
--
-- ARGV[1] plan          the limits, and for each what is asked (shared/plan.lua)
-- ARGV[2] is_held       1: as reserve would decide it, 0: as spend would
-- ARGV[3] seed          counters where Redis has none; empty: answer 2 (cold) instead; left out: start at zero
--
-- Returns {status B, bits B, now d, 0 d} retries, counters; status 0 denied, 2 cold, 3 stale, 4 would be allowed
-- Cost: O(limits); 2 calls. A denial adds O(holds), at most 128. Single slot.
local least_cost = 0

-- @include shared/plan.lua
-- @include shared/clock.lua
-- @include shared/load.lua
-- @include shared/columns.lua
-- @include shared/calendar.lua
-- @include shared/align.lua
-- @include shared/roll.lua
-- @include shared/holds.lua
-- @include shared/sweep.lua
-- @include shared/answer.lua
-- @include shared/decide.lua
-- @include shared/retries.lua

local violated = decide(ARGV[2] == '1')
return answer((violated and not observing) and 0 or 4, violated and 2 or 0, 0, violated and pack_retries(violated))
