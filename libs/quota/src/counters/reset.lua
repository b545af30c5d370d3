#!lua flags=allow-oom
-- reset: return counters to 0.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
--
-- ARGV[1] plan   the limits, and for each 1: its use returns to 0, 0: it stays (records/plan.lua)
-- ARGV[2] scope  all: every counter, and all holds are dropped; some: the use of the named ones, open holds stay
-- ARGV[3] seed   counters where Redis has none; empty: answer cold instead; left out: start at zero
--
-- Returns the reply (records/reply.lua); status cold or stale, spent where it is done
-- Cost: O(limits); 3 calls. Single slot.
local least_cost = 0

-- @include shared/answer.lua

if ARGV[2] ~= 'all' and ARGV[2] ~= 'some' then return redis.error_reply('QUOTA scope is neither all nor some') end
dirty = true
if ARGV[2] == 'all' then
  redis.call('DEL', KEYS[2])
  for i = 1, slots do used[i] = 0 end
  recount(0)
else
  for i = 1, n do
    if costs[i] > 0 then used[i] = 0 end
  end
end
return answer(SPENT, 0, 0)
