#!lua flags=no-writes
-- scan-jobs: gives the ids of one step of all live jobs; one that lives the whole time is given at least once
--
-- KEYS[1] shard   string; counters and virtual time
-- KEYS[2] jobs    hash; live jobs by id
-- KEYS[3] runs    hash; what changes while a job lives, by id
-- KEYS[4] tenants hash; tags and counts by tenant id
-- KEYS[5] lines   zset by member; waiting jobs in the order of their lines
-- KEYS[6] ready   zset; tenants that may run, by tag
-- KEYS[7] due     zset; what becomes due by itself, by time
-- KEYS[8] leases  zset; running jobs by deadline
-- KEYS[9] aside   zset by member; running and delayed jobs by tenant
-- KEYS[10] drained zset; tenants without work, by tag
-- KEYS[11] dedupe  hash; job id by tenant and key
-- KEYS[12] ended   hash; ended jobs by id
-- KEYS[13] endings zset; ended jobs by when they are forgotten
-- KEYS[14] dead    zset by member; dead jobs by tenant
-- KEYS[15] wake    list; hints for idle workers
-- ARGV[1] cursor where the step begins; 0 = at the start
-- ARGV[2] count jobs of a step, about
--
-- Returns {cursor of the next step, 0 = this was the last; then the ids}
-- Cost: O(count). Single slot.

-- @include ../shared/keys.lua
-- @include ../shared/whole.lua

local cursor, found = unpack(redis.call('HSCAN', JOBS, whole(ARGV[1]), 'COUNT', whole(ARGV[2])))
local answer = { cursor }
for index = 1, #found, 2 do
  answer[#answer + 1] = found[index]
end
return answer
