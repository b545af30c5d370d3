#!lua
-- spend: charge a cost on every limit at once, or on none.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
-- KEYS[3] operation  string; expires with the memory of the operation
--
-- ARGV[1] plan          the limits, and for each what is asked (shared/plan.lua)
-- ARGV[2] operation_id  the operation's name; empty or left out: nothing is remembered
-- ARGV[3] seed          counters where Redis has none; empty: answer 2 (cold) instead; left out: start at zero
--
-- Returns {status B, bits B, now d, deadline d} retries or charges, counters; status 0 denied, 2 cold, 3 stale, 4 spent
-- Cost: O(limits); 3 calls, 4 where it is named. A denial adds O(holds), at most 128. Single slot.
local least_cost = 0
local takes_slots = false

-- @include shared/plan.lua
-- @include shared/clock.lua
-- @include shared/load.lua
-- @include shared/steady.lua
-- @include shared/spend-usual.lua
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
-- @include shared/charge.lua

local violated = decide(false)
local refuses = violated and not observing
if (ARGV[2] or '') ~= '' then
  local memory
  if refuses then
    memory = redis.call('GET', KEYS[3])
  elseif not redis.call('SET', KEYS[3], 'e' .. string.char(SPENT), 'NX', 'PX', memory_ms) then
    memory = redis.call('GET', KEYS[3])
  end
  if memory then return repeated(memory) end
end
if refuses then return denied(violated) end
local retries = violated and pack_retries(violated)
charge()
return answer(SPENT, retries and 2 or 0, 0, retries)
