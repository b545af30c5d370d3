#!lua flags=no-writes
-- explain-job: says where a job stands and what holds it back
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
--
-- Returns {found 0|1, nowMs, inLine 0|1, ahead, dueMs, paused, capped, parkedUntilMs or -1, parkReason, jobsBefore or -1, running, tenantRunning, queuePaused}
-- Cost: O(tenants sampled, 256 at most, + log jobs). Single slot.

-- @include ../shared/fair.lua

local SAMPLE = 256
local job = load_job(ARGV[1])
if not job then return { 0 } end
load_shard()
local tenant = load_tenant(job.tenant_id)

-- How many jobs of another tenant start before the tag at which this one starts, at that tenant's usual cost.
local function jobs_before_tag(other, start_tag)
  local usual = math.max(1, other.line_cost / other.waiting) / other.weight
  return math.min(other.waiting, math.max(0, math.ceil((start_tag - other.tag) / usual)))
end

local function jobs_before(ahead)
  if not is_ready(tenant) then return -1 end
  local usual = tenant.line_cost / math.max(1, tenant.waiting) / tenant.weight
  local start_tag = tenant.tag + ahead * usual
  local others = redis.call('ZRANGEBYSCORE', READY, '-inf', start_tag, 'LIMIT', 0, SAMPLE)
  local before = 0
  for _, member in ipairs(others) do
    local other = load_tenant(string.sub(member, READY_ID_AT))
    if other.id ~= tenant.id then before = before + jobs_before_tag(other, start_tag) end
  end
  if #others == SAMPLE then
    before = before * redis.call('ZCOUNT', READY, '-inf', start_tag) / SAMPLE
  end
  return ahead + math.floor(before)
end

local rank = redis.call('ZRANK', LINES, line_member(job))
local ahead = 0
if rank then
  local first = redis.call('ZRANK', LINES, line_member(load_job(head_of_line(tenant))))
  ahead = rank - first
end
local parked = tenant.parked_until
return {
  1,
  now,
  rank and 1 or 0,
  ahead,
  tonumber(redis.call('ZSCORE', DUE, DUE_JOB .. job.id) or '0'),
  tenant.paused,
  tenant.capped,
  parked == INFINITY and -1 or parked,
  tenant.reason,
  rank and jobs_before(ahead) or -1,
  redis.call('ZCARD', LEASES),
  running_of(tenant),
  shard.paused,
}
