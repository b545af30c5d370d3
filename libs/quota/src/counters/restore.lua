#!lua flags=allow-oom
-- restore: raise the use of windows to what a ledger remembers, and set levels to it; more than that stays as it is.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
--
-- ARGV[1] plan   the limits, and for each the use remembered, -1: it stays (shared/plan.lua)
-- ARGV[2] until  when the first of these windows ends, ms; from then on nothing is restored
-- ARGV[3] seed   counters where Redis has none; empty: answer 2 (cold) instead; left out: start at zero
--
-- Returns {status B, 0 B, now d, 0 d} counters; status 2 cold, 3 stale, 4 done
-- Cost: O(limits); 3 calls. Single slot.
local least_cost = -1

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

local ends_at = tonumber(ARGV[2])
if not (ends_at and ends_at >= 0 and ends_at <= MAX) then return redis.error_reply('QUOTA until is not a time') end
if now >= ends_at then return answer(4, 0, 0) end
for i = 1, n do
  local remembered, kind = costs[i], kinds[i]
  if remembered >= 0 and (kind == 6 or (kind <= 4 and remembered > used[i])) then
    used[i] = remembered
    dirty = true
  end
end
return answer(4, 0, 0)
