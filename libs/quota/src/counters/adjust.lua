#!lua
-- adjust: move levels up, down, or to a total; up is refused beyond the limit, down never.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
-- KEYS[3] operation  string; expires with the memory of the operation
--
-- ARGV[1] plan          the limits, and for each that moves the units, -1: it stays (records/plan.lua)
-- ARGV[2] operation_id  the operation's name; empty: nothing is remembered
-- ARGV[3] seed          counters where Redis has none; empty: answer cold instead; left out: start at zero
-- ARGV[4] movement      up, down or total
--
-- Returns the reply (records/reply.lua), with retries or charges; status denied, cold or stale, spent where it moved
-- Cost: O(limits); 3 calls, 4 where it is named. A denial adds O(holds), at most 128. Single slot.
local least_cost = -1

-- @include shared/take.lua

local movement = ARGV[4]
if movement ~= 'up' and movement ~= 'down' and movement ~= 'total' then
  return redis.error_reply('QUOTA movement is not up, down or total')
end

local function level_after(now_used, units)
  if movement == 'up' then return now_used + units end
  if movement == 'down' then return math.max(0, now_used - units) end
  return units
end

-- A movement up is a cost; one down is made at the end, whatever the limits say.
local downward = {}
for i = 1, n do
  local units, now_used = costs[i], used[i]
  costs[i] = 0
  if units >= 0 and kinds[i] == LEVEL then
    local to = level_after(now_used, units)
    if to > now_used then costs[i] = math.min(MAX, to - now_used) else downward[i] = to end
  end
end
local violated = decide(false)
local refuses = violated and not observing
local memory = remembered(refuses)
if memory then return repeated(memory) end
if refuses then return denied(violated) end
local bits, retries = observed(violated)
charge()
for i, to in pairs(downward) do used[i] = to end
return answer(SPENT, bits, 0, retries)
