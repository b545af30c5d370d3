#!lua flags=allow-oom
-- restore: raise the use of windows to what a ledger remembers, and set levels to it; more than that stays as it is.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
--
-- ARGV[1] plan   the limits, and for each the use remembered, -1: it stays (records/plan.lua)
-- ARGV[2] until  when the first of these windows ends, ms; from then on nothing is restored
-- ARGV[3] seed   counters where Redis has none; empty: answer cold instead; left out: start at zero
--
-- Returns the reply (records/reply.lua); status cold or stale, spent where it is done
-- Cost: O(limits); 3 calls. Single slot.
local least_cost = -1

-- @include shared/answer.lua

local ends_at = tonumber(ARGV[2])
if not (ends_at and ends_at >= 0 and ends_at <= MAX) then return redis.error_reply('QUOTA until is not a time') end
if now >= ends_at then return answer(SPENT, 0, 0) end
for i = 1, n do
  local remembered, kind = costs[i], kinds[i]
  if remembered >= 0 and (kind == LEVEL or (kind <= LAST_WINDOW and remembered > used[i])) then
    used[i] = remembered
    dirty = true
  end
end
return answer(SPENT, 0, 0)
