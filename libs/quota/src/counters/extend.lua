#!lua flags=allow-oom
-- extend: keep a hold alive, and set more aside; a denial leaves it as it was.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
-- KEYS[3] operation  string; expires with the memory of the operation
--
-- ARGV[1] plan          the limits, and for each what the hold shall have in all (shared/plan.lua)
-- ARGV[2] operation_id  the operation's name
-- ARGV[3] seed          counters where Redis has none; empty: answer 2 (cold) instead; left out: start at zero
--
-- Returns {status B, bits B, now d, deadline d} retries or charges, counters; status 0 denied, 1 held, 2 cold, 3 stale,
-- else what the operation has come to (shared/operations.lua)
-- Cost: O(limits + log holds); 6 calls. A denial adds O(holds), at most 128. Single slot.
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
-- @include shared/operations.lua
-- @include shared/decide.lua
-- @include shared/retries.lua
-- @include shared/hold.lua

local memory = redis.call('GET', KEYS[3])
local outcome, deadline, member = outcome_of(memory)
if outcome ~= HELD then return answer(outcome, outcome == UNKNOWN and 4 or 5, deadline, pack_charges(memory)) end

local entries, has = parse_hold(member), {}
for e = 1, #entries, 4 do has[entries[e]] = (has[entries[e]] or 0) + entries[e + 2] end
for i = 1, n do costs[i] = math.max(0, costs[i] - (has[ids[i]] or 0)) end
local violated = decide(true)
if violated and not observing then return denied(violated) end
local retries = violated and pack_retries(violated)
hold(entries)
deadline = math.max(deadline, now + lease_ms)
lease(ARGV[2], entries, deadline, member)
return answer(HELD, retries and 2 or 0, deadline, retries)
