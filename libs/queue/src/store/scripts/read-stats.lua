#!lua flags=no-writes
-- read-stats: counts the whole shard
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
--
-- Returns {waiting, live, running, dead, bytes, readyTenants, parkedTenants, oldestAgeMs, nowMs, paused 0|1}
-- Cost: O(tenants sampled, 128 at most). Single slot.

-- @include ../shared/line.lua

local SAMPLE = 64
load_shard()

local oldest = now
local function look_at(tenant_id)
  local tenant = load_tenant(tenant_id)
  if not tenant or tenant.waiting == 0 then return end
  oldest = math.min(oldest, load_job(head_of_line(tenant)).created_at_ms)
end

for _, member in ipairs(redis.call('ZREVRANGE', READY, 0, SAMPLE - 1)) do
  look_at(string.sub(member, READY_ID_AT))
end
-- Members sort as j, t, x only where times are equal, so parked tenants are found among what is due first.
for _, member in ipairs(redis.call('ZRANGE', DUE, 0, SAMPLE - 1)) do
  if string.sub(member, 1, 1) == DUE_TENANT then look_at(string.sub(member, 2)) end
end
return {
  redis.call('ZCARD', LINES),
  redis.call('HLEN', JOBS),
  redis.call('ZCARD', LEASES),
  redis.call('ZCARD', DEAD_JOBS),
  shard.bytes,
  redis.call('ZCARD', READY),
  shard.parked,
  now - oldest,
  now,
  shard.paused,
}
