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
-- ARGV[4] jobs packed requests (records/request.lua)
--
-- Returns packed, for each job: what became of it (records/request.lua)
-- Cost: O(log jobs) per job. Single slot.

-- @include ../shared/whole.lua
-- @include ../shared/fair.lua
-- @include ../records/run.lua
-- @include ../records/request.lua

local max_total_jobs, max_total_bytes, max_tenant_bytes = whole(ARGV[1]), whole(ARGV[2]), whole(ARGV[3])
local jobs = ARGV[4]

load_shard()
local total = redis.call('HLEN', JOBS)
local runnable = 0
local answers = {}

local function answer(code, depth, id)
  answers[#answers + 1] = struct.pack(ENQUEUED_FORMAT, code, depth, #id) .. id
end

local function refusal(tenant, request)
  local depth = tenant and tenant.waiting + tenant.delayed or 0
  local bytes = tenant and tenant.bytes or 0
  if depth >= request.max_depth then return TENANT_QUEUE_FULL, depth end
  if bytes + request.size > max_tenant_bytes then return TENANT_BYTES_FULL, bytes end
  if total >= max_total_jobs then return QUEUE_FULL, total end
  if shard.bytes + request.size > max_total_bytes then return QUEUE_BYTES_FULL, shard.bytes end
end

local function known_as(tenant, request)
  if redis.call('HEXISTS', JOBS, request.id) == 1 or redis.call('HEXISTS', ENDED_JOBS, request.id) == 1 then
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
    created_at_ms = now,
    expires_at_ms = request.ttl_ms > 0 and now + request.ttl_ms or 0,
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
  if request.delay_ms > 0 then delay_job(tenant, job, now + request.delay_ms) else join_line(tenant, job) end
  tenant.bytes = tenant.bytes + request.size
  shard.bytes = shard.bytes + request.size
  total = total + 1
  place(tenant)
  if is_ready(tenant) then runnable = runnable + 1 end
end

local function enqueue(request)
  local tenant = load_tenant(request.tenant_id)
  local known = known_as(tenant, request)
  if known then return answer(KNOWN, tenant and tenant.waiting + tenant.delayed or 0, known) end
  local code, depth = refusal(tenant, request)
  if code then return answer(code, depth, '') end
  tenant = tenant or meet_tenant(request.tenant_id)
  add(tenant, request)
  answer(ADDED, tenant.waiting + tenant.delayed, '')
end

local requests, tenant_ids = {}, {}
local at = 1
while at <= #jobs do
  local request
  request, at = parse_request(jobs, at)
  requests[#requests + 1] = request
  tenant_ids[#tenant_ids + 1] = request.tenant_id
end
load_tenants(tenant_ids)
for _, request in ipairs(requests) do
  enqueue(request)
end
save_tenants()
save_shard()
wake_workers(runnable)
return table.concat(answers)
