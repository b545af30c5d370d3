#!lua flags=allow-oom
-- finish-runs: ends runs, each with its outcome, then claims up to `limit` further jobs
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
-- ARGV[1] limit jobs to claim; 0 = none
-- ARGV[2] lease_ms how long the worker may be silent
-- ARGV[3] max_running in all; 0 = no cap
-- ARGV[4] max_tenant_running of one tenant; 0 = no cap
-- ARGV[5] keep_ended_ms how long an ended job is kept
-- ARGV[6] keep_dead_ms how long a dead job is kept
-- ARGV[7] max_ended most ended jobs kept
-- ARGV[8] outcomes packed (records/outcome.lua)
--
-- Returns packed {count I2, for each run its finish code I1: where it was cancelled meanwhile it is still leased}, then claims
-- (records/claim.lua)
-- Cost: O((runs + limit) × log jobs). Single slot.

-- @include ../shared/whole.lua
-- @include ../shared/claim.lua
-- @include ../shared/end.lua
-- @include ../records/outcome.lua

-- Names: finish code
local FINISH_LOST <const> = 0
local FINISH_DONE <const> = 1
local FINISH_CANCELLED <const> = 2

local limit, lease_ms, max_running, max_tenant_running =
  whole(ARGV[1]), whole(ARGV[2]), whole(ARGV[3]), whole(ARGV[4])
local keep = { ended_ms = whole(ARGV[5]), dead_ms = whole(ARGV[6]), max_ended = whole(ARGV[7]) }
local outcomes = ARGV[8]

load_shard()
local runnable = 0

local function back_to_line(tenant, job, run)
  run.attempts = run.attempts - 1
  run.state = run.error == '' and WAITING or RETRYING
  if run.attempts == 0 and run.error == '' then redis.call('HDEL', RUNS, job.id) else save_run(job.id, run) end
  watch_expiry(job)
  join_line(tenant, job)
end

local function retry(tenant, job, run, outcome)
  run.state = RETRYING
  run.error = outcome.text
  save_run(job.id, run)
  watch_expiry(job)
  if outcome.time_ms > 0 then delay_job(tenant, job, now + outcome.time_ms) else join_line(tenant, job) end
end

-- An unpark since the claim has overtaken the refusal that would park: the tenant is tried again at once.
local function park_unless_woken(tenant, outcome)
  if outcome.wakes == tenant.wakes then
    park(tenant, outcome.time_ms > 0 and outcome.time_ms or INFINITY, outcome.text)
  end
end

local handled = {}

local function finish(outcome)
  local is_first = not handled[outcome.id]
  if not is_first then write_all_gathered() end
  handled[outcome.id] = true
  local run = load_run(outcome.id, is_first and outcome.run)
  if not has_lease(run, outcome.token) then return FINISH_LOST end
  local gives_back = outcome.kind == BACK or outcome.kind == PARK
  local goes_on = gives_back or outcome.kind == RETRY
  if goes_on and run.cancelled == YES then return FINISH_CANCELLED end
  local job = is_first and outcome.job or load_job(outcome.id)
  local tenant = load_tenant(job.tenant_id)
  local true_cost = gives_back and 0 or (outcome.true_cost > 0 and outcome.true_cost - 1 or job.cost)
  drop_lease(tenant, job)
  correct_charge(tenant, run, job.cost, true_cost)
  if outcome.kind == RETRY then
    retry(tenant, job, run, outcome)
  elseif gives_back then
    back_to_line(tenant, job, run)
    if outcome.kind == PARK then park_unless_woken(tenant, outcome) end
  else
    end_job(tenant, job, run, outcome.kind, outcome.text, keep)
  end
  place(tenant)
  if is_ready(tenant) then runnable = runnable + 1 end
  return FINISH_DONE
end

local ended, ids = {}, {}
local at = 1
while at <= #outcomes do
  local outcome
  outcome, at = parse_outcome(outcomes, at)
  ended[#ended + 1] = outcome
  ids[#ids + 1] = outcome.id
end

-- Reads the records of all jobs, and of all their tenants, in three calls instead of three for each.
local function read_all()
  local jobs, runs = redis.call('HMGET', JOBS, unpack(ids)), redis.call('HMGET', RUNS, unpack(ids))
  local tenant_ids = {}
  for index, outcome in ipairs(ended) do
    outcome.run = runs[index]
    outcome.job = jobs[index] and load_job(outcome.id, jobs[index])
    if outcome.job then tenant_ids[#tenant_ids + 1] = outcome.job.tenant_id end
  end
  load_tenants(tenant_ids)
end

local codes = {}
if #ids > 0 then read_all() end
for index, outcome in ipairs(ended) do
  codes[index] = string.char(finish(outcome))
end
write_all_gathered()
conclude_ends(keep.max_ended)

local claims = {}
local more = false
if limit > 0 then more = claim_jobs(limit, lease_ms, max_running, max_tenant_running, claims) end
save_tenants()
save_shard()
-- Where all workers together are capped, each run that ended makes room for one.
if max_running > 0 then runnable = math.max(runnable, #codes) end
if #claims < limit then due_sooner = false end
wake_workers(runnable - #claims)
return struct.pack('>I2', #codes) .. table.concat(codes) .. answer_claims(more, claims, limit)
