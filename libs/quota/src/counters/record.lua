#!lua
-- record: charge what has happened already, beyond the limits if need be.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
-- KEYS[3] operation  string; expires with the memory of the operation
--
-- ARGV[1] plan          the limits, and for each what is asked (shared/plan.lua)
-- ARGV[2] operation_id  the operation's name; empty or left out: nothing is remembered
-- ARGV[3] seed          counters where Redis has none; empty: answer 2 (cold) instead; left out: start at zero
--
-- Returns {status B, bits B, now d, 0 d} charges, counters; status 2 cold, 3 stale, 4 spent
-- Cost: O(limits); 3 calls, 4 where it is named. Single slot.
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
-- @include shared/charge.lua

local charged, overrun = {}, {}
for i = 1, n do
  local cost, kind, limit, period = costs[i], kinds[i], limits[i], periods[i]
  if cost > 0 and kind ~= 7 then
    local id = ids[i]
    local after = used[i] + held[i] + cost
    if kind == 5 then after = math.ceil(used[i] / period) + cost end
    charged[id] = cost
    overrun[id] = math.max(0, math.min(cost, after - limit))
  end
end
local memory = ended(SPENT, charged, overrun)
if (ARGV[2] or '') ~= '' and not redis.call('SET', KEYS[3], memory, 'NX', 'PX', memory_ms) then
  return repeated(redis.call('GET', KEYS[3]))
end
charge()
return answer(SPENT, 4, 0, pack_charges(memory))
