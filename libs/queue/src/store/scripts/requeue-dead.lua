#!lua flags=allow-oom
-- requeue-dead: puts dead jobs back at the end of their line, with all their attempts, as far as the bounds allow
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
-- ARGV[1] tenant_id whose
-- ARGV[2] job_id which; empty = all
-- ARGV[3] limit jobs
-- ARGV[4] max_depth most jobs waiting of the tenant
-- ARGV[5] max_total_jobs most jobs of the shard
-- ARGV[6] max_tenant_bytes most bytes of a tenant
-- ARGV[7] max_total_bytes most bytes of the shard
--
-- Returns {requeued, more 0|1}
-- Cost: O(limit × log jobs). Single slot.

-- @include ../shared/whole.lua
-- @include ../shared/fair.lua
-- @include ../shared/end.lua

local tenant_id, job_id, limit = ARGV[1], ARGV[2], whole(ARGV[3])
local max_depth, max_total_jobs = whole(ARGV[4]), whole(ARGV[5])
local max_tenant_bytes, max_total_bytes = whole(ARGV[6]), whole(ARGV[7])
local prefix = dead_prefix(tenant_id)

local ids = {}
if job_id ~= '' then
  if redis.call('ZSCORE', DEAD_JOBS, prefix .. job_id) then ids[1] = job_id end
else
  for index, member in ipairs(redis.call('ZRANGEBYLEX', DEAD_JOBS, '[' .. prefix, '(' .. prefix .. '\255', 'LIMIT', 0, limit)) do
    ids[index] = string.sub(member, #prefix + 1)
  end
end
if #ids == 0 then return { 0, 0 } end

load_shard()
local tenant = meet_tenant(tenant_id)
local requeued = 0
local total = redis.call('HLEN', JOBS)

local function fits(size)
  return tenant.waiting + tenant.delayed < max_depth
    and total < max_total_jobs
    and tenant.bytes + size <= max_tenant_bytes
    and shard.bytes + size <= max_total_bytes
end

local function requeue(id)
  local record = record_of_ended(redis.call('HGET', ENDED_JOBS, id))
  if not fits(#record + #id) then return false end
  redis.call('HSET', JOBS, id, record)
  local job = load_job(id)
  shard.sequence = shard.sequence + 1
  job.number, job.sequence, job.expires_at_ms = tenant.number, shard.sequence, 0
  job.body = string.sub(job.record, job.body_at)
  local dedupe = tenant_prefix(tenant.number) .. job.dedupe_key
  if job.dedupe_key ~= '' and redis.call('HSETNX', DEDUPE, dedupe, id) == 0 then job.dedupe_key = '' end
  job.record = pack_job(job)
  redis.call('HSET', JOBS, id, job.record)
  forget_ended(id)
  tenant.bytes = tenant.bytes + #job.record + #id
  shard.bytes = shard.bytes + #job.record + #id
  total = total + 1
  join_line(tenant, job)
  place(tenant)
  return true
end

for _, id in ipairs(ids) do
  if not requeue(id) then break end
  requeued = requeued + 1
end
place(tenant)
save_tenants()
save_shard()
wake_workers(is_ready(tenant) and requeued or 0)
return { requeued, requeued == limit and 1 or 0 }
