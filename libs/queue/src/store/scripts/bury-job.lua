#!lua
-- bury-job: puts a job that died before among the dead again, where the queue does not know it
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
-- ARGV[1] job_id which
-- ARGV[2] tenant_id whose
-- ARGV[3] priority_rank 0 = the highest
-- ARGV[4] cost units
-- ARGV[5] max_attempts runs that may fail
-- ARGV[6] attempts runs it had
-- ARGV[7] keep_dead_ms how long it is kept from now
-- ARGV[8] error why it died, as JSON
-- ARGV[9] body length of the name, name, payload
--
-- Returns 1 buried, 0 it was known
-- Cost: O(log jobs). Single slot.

-- @include ../shared/whole.lua
-- @include ../shared/end.lua

local id, tenant_id = ARGV[1], ARGV[2]
local priority, cost, max_attempts, attempts, keep_dead_ms =
  whole(ARGV[3]), whole(ARGV[4]), whole(ARGV[5]), whole(ARGV[6]), whole(ARGV[7])
local error_text, body = ARGV[8], ARGV[9]

if redis.call('HEXISTS', JOBS, id) == 1 or redis.call('HEXISTS', ENDED_JOBS, id) == 1 then return 0 end
-- Its tenant's number and its place in line are given to it when it is requeued.
local job = {
  id = id,
  number = 0,
  sequence = 0,
  priority = priority,
  cost = cost,
  max_attempts = max_attempts,
  max_run_ms = 0,
  created_at_ms = now,
  expires_at_ms = 0,
  tenant_id = tenant_id,
  dedupe_key = '',
  body = body,
}
job.record = pack_job(job)
keep_ended(job, { started_at_ms = 0, attempts = attempts }, DEAD, error_text, { dead_ms = keep_dead_ms, ended_ms = 0 })
return 1
