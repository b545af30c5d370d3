#!lua
-- reserve: set a cost aside on every limit at once, or on none.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
-- KEYS[3] operation  string; expires with the memory of the operation
--
-- ARGV[1] plan          the limits, and for each what is asked (shared/plan.lua)
-- ARGV[2] operation_id  the operation's name
-- ARGV[3] seed          counters where Redis has none; empty: answer 2 (cold) instead; left out: start at zero
--
-- Returns {status B, bits B, now d, deadline d} retries or charges, counters; status 0 denied, 1 held, 2 cold, 3 stale
-- Cost: O(limits + log holds); 5 calls, now and then 8. A denial adds O(holds), at most 128. Single slot.
local least_cost = 0
local takes_slots = true

-- @include shared/plan.lua
-- @include shared/clock.lua
-- @include shared/load.lua
-- @include shared/steady.lua
-- @include shared/reserve-usual.lua
-- @include shared/deny-usual.lua
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

if lease_ms < 1 then return redis.error_reply('QUOTA lease is out of range') end
local memory = redis.call('GET', KEYS[3])
if memory then return repeated(memory) end
local violated = decide(true)
if violated and not observing then return denied(violated) end
local retries = violated and pack_retries(violated)
local entries = {}
hold(entries)
lease(ARGV[2], entries, now + lease_ms)
return answer(HELD, retries and 2 or 0, now + lease_ms, retries)
