#!lua
-- spend: charge a cost on every limit at once, or on none.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
-- KEYS[3] operation  string; expires with the memory of the operation
--
-- ARGV[1] plan          the limits, and for each what is asked (records/plan.lua)
-- ARGV[2] operation_id  the operation's name; empty or left out: nothing is remembered
-- ARGV[3] seed          counters where Redis has none; empty: answer cold instead; left out: start at zero
--
-- Returns the reply (records/reply.lua), with retries or charges; status denied, cold, stale or spent
-- Cost: O(limits); 3 calls, 4 where it is named. A denial adds O(holds), at most 128. Single slot.
local least_cost = 0
local takes_slots = false

-- @include records/counters.lua

-- The short way: each limit was used before and has room. Then no expiry changes either.
local is_usual = is_steady
for i = 1, is_usual and n or 0 do
  local cost, limit, units = plan[costs_at + i], plan[limits_at + i], counters[used_at + i]
  if cost ~= 0 then
    local fits = units + counters[held_at + i] + cost <= limit
    if not (fits and cost > 0 and units > 0 and limit <= MAX and cost % 1 == 0) then
      is_usual = false
      break
    end
  end
end
if is_usual and ((ARGV[2] or '') == '' or redis.call('SET', KEYS[3], SPENT_MEMORY, 'NX', 'PX', memory_ms)) then
  for i = 1, n do counters[used_at + i] = counters[used_at + i] + plan[costs_at + i] end
  local moved = struct.pack('<' .. column, unpack(counters, used_at + 1, used_at + n))
  redis.call('SETRANGE', KEYS[1], USED_BYTE, moved)
  return struct.pack(REPLY_HEAD, SPENT, HAS_MOVED, now, 0) .. moved .. packed
end
-- @include shared/deny.lua

-- The long way.
-- @include shared/take.lua

local violated = decide(false)
local refuses = violated and not observing
local memory = remembered(refuses)
if memory then return repeated(memory) end
if refuses then return denied(violated) end
local bits, retries = observed(violated)
charge()
return answer(SPENT, bits, 0, retries)
