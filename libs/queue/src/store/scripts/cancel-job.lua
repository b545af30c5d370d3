#!lua flags=allow-oom
-- cancel-job: takes a waiting job out, or asks a running one to stop
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
-- ARGV[2] tenant_id whose; empty = anyone's
-- ARGV[3] keep_ended_ms how long an ended job is kept
-- ARGV[4] max_ended most ended jobs kept
--
-- Returns one byte, the cancel code; where the job was removed, then the claim of it (records/claim.lua)
-- Cost: O(log jobs). Single slot.

-- @include ../shared/whole.lua
-- @include ../shared/claim.lua
-- @include ../shared/end.lua

-- Names: cancel code
local CANCEL_UNKNOWN <const> = 0
local CANCEL_REMOVED <const> = 1
local CANCEL_REQUESTED <const> = 2
local CANCEL_ENDED <const> = 3

local id, tenant_id = ARGV[1], ARGV[2]
local keep = { ended_ms = whole(ARGV[3]), dead_ms = 0, max_ended = whole(ARGV[4]) }
local job = load_job(id)
if not job then return string.char(redis.call('HEXISTS', ENDED_JOBS, id) == 1 and CANCEL_ENDED or CANCEL_UNKNOWN) end
if tenant_id ~= '' and job.tenant_id ~= tenant_id then return string.char(CANCEL_UNKNOWN) end

load_shard()
local run = load_run(id)
if is_running(run) then
  run.cancelled = YES
  save_run(id, run)
  redis.call('PUBLISH', CANCELS, id)
  return string.char(CANCEL_REQUESTED)
end
local tenant = load_tenant(job.tenant_id)
if not leave_line(tenant, job) then undelay_job(tenant, job) end
local claim = pack_claim(tenant, job, run)
end_job(tenant, job, run, CANCELLED, '{"message":"Cancelled before it ran","code":"job_cancelled"}', keep)
write_all_gathered()
conclude_ends(keep.max_ended)
place(tenant)
save_tenants()
save_shard()
return string.char(CANCEL_REMOVED) .. claim
