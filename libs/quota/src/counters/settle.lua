#!lua flags=allow-oom
-- settle: end a hold with its true cost: what is left returns, what is missing is charged up to the limit.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
-- KEYS[3] operation  string; expires with the memory of the operation
--
-- ARGV[1] plan          the limits, and for each the true cost, -1: as held (shared/plan.lua)
-- ARGV[2] operation_id  the operation's name
-- ARGV[3] seed          counters where Redis has none; empty: answer 2 (cold) instead; left out: start at zero
--
-- Returns {status B, bits B, now d, deadline d} charges, counters; status 2 cold, 3 stale, 4 spent, 5 settled,
-- 6 cancelled, 7 expired, 8 unknown: what the operation has come to, by this call or before
-- Cost: O(limits + log holds); 6 calls. Single slot.
local closes_as = 5
local least_cost = -1

-- @include shared/plan.lua
-- @include shared/clock.lua
-- @include shared/load.lua
-- @include shared/steady.lua
-- @include shared/close-usual.lua
-- @include shared/columns.lua
-- @include shared/calendar.lua
-- @include shared/align.lua
-- @include shared/roll.lua
-- @include shared/holds.lua
-- @include shared/sweep.lua
-- @include shared/answer.lua
-- @include shared/operations.lua
-- @include shared/close.lua

return close(SETTLED)
