#!lua
-- enqueue-jobs: adds jobs to their tenants' lines, each within every bound or not at all
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
-- ARGV[1] max_total_jobs most jobs of the shard
-- ARGV[2] max_total_bytes most bytes of the shard
-- ARGV[3] max_tenant_bytes most bytes of a tenant
-- ARGV[4] jobs packed: see enqueue-jobs.ts
--
-- Returns packed, per job: {code 0 added, 1 known, 2 tenant full, 3 tenant bytes, 4 queue full, 5 queue bytes; depth; id where known}
-- Cost: O(log jobs) per job. Single slot.

-- @include shared/keys.lua
-- @include shared/whole.lua
-- @include shared/writes.lua
-- @include shared/clock.lua
-- @include shared/shard.lua
-- @include shared/tenant.lua
-- @include shared/job.lua
-- @include shared/fair.lua
-- @include shared/run.lua

local max_total_jobs, max_total_bytes, max_tenant_bytes = whole(ARGV[1]), whole(ARGV[2]), whole(ARGV[3])
local jobs = ARGV[4]

load_shard()
local total = redis.call('HLEN', JOBS)
local runnable = 0
local answers = {}

local function answer(code, depth, id)
  answers[#answers + 1] = struct.pack('>I1I7I1', code, depth, #id) .. id
end

local function refusal(tenant, request)
  local depth = tenant and tenant.waiting + tenant.delayed or 0
  local bytes = tenant and tenant.bytes or 0
  if depth >= request.max_depth then return 2, depth end
  if bytes + request.size > max_tenant_bytes then return 3, bytes end
  if total >= max_total_jobs then return 4, total end
  if shard.bytes + request.size > max_total_bytes then return 5, shard.bytes end
end

local function known_as(tenant, request)
  if redis.call('HEXISTS', JOBS, request.id) == 1 or redis.call('HEXISTS', ENDED, request.id) == 1 then
    return request.id
  end
  if tenant and request.dedupe_key ~= '' then
    return redis.call('HGET', DEDUPE, tenant_prefix(tenant.number) .. request.dedupe_key)
  end
end

local function add(tenant, request)
  shard.sequence = shard.sequence + 1
  local job = {
    id = request.id,
    number = tenant.number,
    sequence = shard.sequence,
    priority = request.priority,
    cost = request.cost,
    max_attempts = request.max_attempts,
    max_run_ms = request.max_run_ms,
    created_at = now,
    expires_at = request.ttl > 0 and now + request.ttl or 0,
    tenant_id = tenant.id,
    dedupe_key = request.dedupe_key,
    body = request.body,
  }
  redis.call('HSET', JOBS, job.id, pack_job(job))
  if job.dedupe_key ~= '' then
    redis.call('HSET', DEDUPE, tenant_prefix(tenant.number) .. job.dedupe_key, job.id)
  end
  if request.attempts_used > 0 then
    local run = load_run(job.id)
    run.attempts = request.attempts_used
    save_run(job.id, run)
  end
  if request.weight > 0 then set_weight(tenant, request.weight) end
  watch_expiry(job)
  if request.delay > 0 then delay_job(tenant, job, now + request.delay) else join_line(tenant, job) end
  tenant.bytes = tenant.bytes + request.size
  shard.bytes = shard.bytes + request.size
  total = total + 1
  place(tenant)
  if tenant.entry > 0 then runnable = runnable + 1 end
end

local function enqueue(request)
  local tenant = load_tenant(request.tenant_id)
  local known = known_as(tenant, request)
  if known then return answer(1, tenant and tenant.waiting + tenant.delayed or 0, known) end
  local code, depth = refusal(tenant, request)
  if code then return answer(code, depth, '') end
  tenant = tenant or meet_tenant(request.tenant_id)
  add(tenant, request)
  answer(0, tenant.waiting + tenant.delayed, '')
end

local requests, tenant_ids = {}, {}
local at = 1
while at <= #jobs do
  local id_length, tenant_length, dedupe_length, body_length, cost, weight, priority, delay, ttl, max_attempts, max_run_ms, max_depth, attempts_used, id_at =
    struct.unpack('>I1I2I1I4I4I4I2I6I6I2I4I4I2', jobs, at)
  local tenant_at = id_at + id_length
  local dedupe_at = tenant_at + tenant_length
  local body_at = dedupe_at + dedupe_length
  at = body_at + body_length
  local tenant_id = string.sub(jobs, tenant_at, dedupe_at - 1)
  tenant_ids[#tenant_ids + 1] = tenant_id
  requests[#requests + 1] = {
    id = string.sub(jobs, id_at, tenant_at - 1),
    tenant_id = tenant_id,
    dedupe_key = string.sub(jobs, dedupe_at, body_at - 1),
    body = string.sub(jobs, body_at, at - 1),
    size = JOB_BYTES + tenant_length + dedupe_length + body_length + id_length,
    cost = cost,
    weight = weight,
    priority = priority,
    delay = delay,
    ttl = ttl,
    max_attempts = max_attempts,
    max_run_ms = max_run_ms,
    max_depth = max_depth,
    attempts_used = attempts_used,
  }
end
load_tenants(tenant_ids)
for _, request in ipairs(requests) do
  enqueue(request)
end
save_tenants()
save_shard()
wake_workers(runnable)
return table.concat(answers)
