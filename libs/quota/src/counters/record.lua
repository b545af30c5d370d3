#!lua
-- record: charge what has happened already, beyond the limits if need be.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
-- KEYS[3] operation  string; expires with the memory of the operation
--
-- ARGV[1] plan          the limits, and for each what is asked (records/plan.lua)
-- ARGV[2] operation_id  the operation's name; empty or left out: nothing is remembered
-- ARGV[3] seed          counters where Redis has none; empty: answer cold instead; left out: start at zero
--
-- Returns the reply (records/reply.lua), with charges; status cold, stale or spent
-- Cost: O(limits); 3 calls, 4 where it is named. Single slot.
local least_cost = 0

-- @include shared/take.lua

local charged, overrun = {}, {}
for i = 1, n do
  local cost, kind, limit, period = costs[i], kinds[i], limits[i], periods[i]
  if cost > 0 and kind ~= CONCURRENCY then
    local id = ids[i]
    local after = used[i] + held[i] + cost
    if kind == BUCKET then after = math.ceil(used[i] / period) + cost end
    charged[id] = cost
    overrun[id] = math.max(0, math.min(cost, after - limit))
  end
end
local memory = pack_ended(SPENT, charged, overrun)
if (ARGV[2] or '') ~= '' and not redis.call('SET', KEYS[3], memory, 'NX', 'PX', memory_ms) then
  return repeated(redis.call('GET', KEYS[3]))
end
charge()
return answer(SPENT, HAS_CHARGES, 0, reply_charges(memory))
