#!lua flags=no-writes
-- read-tenant: counts one tenant
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
-- ARGV[1] tenant_id which
--
-- Returns {known 0|1, waiting, delayed, running, dead, bytes, weight, paused, parkedUntilMs or -1, parkReason, oldestAgeMs,
--   jobs of the shard, bytes of the shard, queuePaused 0|1}
-- Cost: O(log jobs). Single slot.

-- @include ../shared/line.lua

local id = ARGV[1]
local prefix = dead_prefix(id)
local dead = redis.call('ZLEXCOUNT', DEAD_JOBS, '[' .. prefix, '(' .. prefix .. '\255')
local tenant = load_tenant(id)
load_shard()
local total = redis.call('HLEN', JOBS)
if not tenant then return { 0, 0, 0, 0, dead, 0, 1, 0, 0, '', 0, total, shard.bytes, shard.paused } end
local oldest_age = tenant.waiting > 0 and now - load_job(head_of_line(tenant)).created_at_ms or 0
return {
  1,
  tenant.waiting,
  tenant.delayed,
  running_of(tenant),
  dead,
  tenant.bytes,
  tenant.weight,
  tenant.paused,
  tenant.parked_until == INFINITY and -1 or tenant.parked_until,
  tenant.reason,
  oldest_age,
  total,
  shard.bytes,
  shard.paused,
}
