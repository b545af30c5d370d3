#!lua flags=allow-oom
-- reap-leases: gives runs whose worker fell silent back to their line, hands those that must end to the caller, forgets what ended long ago
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
-- ARGV[1] limit leases looked at
-- ARGV[2] lease_ms of the runs handed to the caller
-- ARGV[3] max_ended most ended jobs kept
-- ARGV[4] max_lost runs of a job, one after the other, whose worker may fall silent
--
-- Returns packed like claim-jobs: jobs that went back have the kind run, the others are leased to the caller
-- Cost: O(limit × log jobs). Single slot.

-- @include ../shared/whole.lua
-- @include ../shared/claim.lua
-- @include ../shared/end.lua

local limit, lease_ms, max_ended, max_lost = whole(ARGV[1]), whole(ARGV[2]), whole(ARGV[3]), whole(ARGV[4])
local TRIMMED_PER_REAP = 200
load_shard()
local claims = {}
local runnable = 0

-- A worker that fell silent says nothing of its job: that spends no attempt, and has a budget of its own, kept in the reason.
local LOST_REASON <const> = '{"message":"The worker fell silent","code":"lease_lost","times":%d}'

local function times_lost(run)
  return tonumber(string.match(run.error, '"code":"lease_lost","times":(%d+)}$') or 0)
end

local function end_kind(run)
  if run.kind ~= CLAIM_RUN then return run.kind end
  if run.cancelled == YES then return CLAIM_CANCELLED end
  if times_lost(run) + 1 >= max_lost then return CLAIM_LOST end
  return CLAIM_RUN
end

local function reap(id)
  local job = load_job(id)
  local run = load_run(id)
  local tenant = load_tenant(job.tenant_id)
  local kind = end_kind(run)
  drop_lease(tenant, job)
  write_all_gathered()
  if kind == CLAIM_RUN then
    run.state = RETRYING
    run.error = string.format(LOST_REASON, times_lost(run) + 1)
    run.attempts = math.max(0, run.attempts - 1)
    save_run(id, run)
    watch_expiry(job)
    join_line(tenant, job)
  else
    take_lease(tenant, job, run, kind, lease_ms)
    write_all_gathered()
  end
  place(tenant)
  if is_ready(tenant) then runnable = runnable + 1 end
  claims[#claims + 1] = pack_claim(tenant, job, run)
end

local lapsed = redis.call('ZRANGEBYSCORE', LEASES, '-inf', now, 'LIMIT', 0, limit)
for _, id in ipairs(lapsed) do
  reap(id)
end
conclude_ends(max_ended, TRIMMED_PER_REAP)
save_tenants()
save_shard()
wake_workers(runnable)
return answer_claims(#lapsed == limit, claims, 0)
