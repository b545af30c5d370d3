-- Gives up to `limit` jobs to a worker, in fair order. Capping a tenant is paid for by the event that uncapped it.
--
-- @include fair.lua
-- @include lease.lua
local DUE_PER_CLAIM <const> = 32
local CAPPED_PER_CLAIM <const> = 64

local function expire_job(tenant, job, lease_ms, claims)
  local run = load_run(job.id)
  run.weight = 0
  if not leave_line(tenant, job) then undelay_job(tenant, job) end
  take_lease(tenant, job, run, CLAIM_EXPIRED, lease_ms)
  claims[#claims + 1] = pack_claim(tenant, job, run)
end

local function promote(what, id, lease_ms, claims)
  if what == DUE_TENANT then
    local tenant = load_tenant(id)
    tenant.parked_until = 0
    tenant.reason = ''
    return place(tenant)
  end
  local job = load_job(id)
  local tenant = load_tenant(job.tenant_id)
  if what == DUE_EXPIRY then
    expire_job(tenant, job, lease_ms, claims)
  else
    undelay_job(tenant, job)
    join_line(tenant, job)
  end
  place(tenant)
end

-- Brings back what has become due: delayed jobs, parked tenants; takes expired jobs out, to be ended by the caller.
local function promote_due(lease_ms, claims)
  local due = redis.call('ZRANGEBYSCORE', DUE, '-inf', now, 'LIMIT', 0, DUE_PER_CLAIM)
  for _, member in ipairs(due) do
    -- A job may be due and expired at once: whichever comes first takes the other away.
    if redis.call('ZREM', DUE, member) == 1 then
      promote(string.sub(member, 1, 1), string.sub(member, 2), lease_ms, claims)
    end
  end
  return #due == DUE_PER_CLAIM
end

-- Records of jobs that were read for several turns in one call, by id.
local records = {}

local function next_of_line(tenant)
  local heads = tenant.heads
  if heads and #heads > 0 then return table.remove(heads) end
  if tenant.left then write_gathered('left') end
  return head_of_line(tenant)
end

local function has_expired(job)
  return job.expires_at_ms > 0 and job.expires_at_ms <= now
end

-- `none_failed`: no waiting job has a run behind it, so there is no record to read.
local function claim_first(tenant, lease_ms, none_failed, claims)
  local id = next_of_line(tenant)
  local job = load_job(id, records[id])
  local run = none_failed and new_run() or load_run(job.id)
  run.weight = 0
  local kind = has_expired(job) and CLAIM_EXPIRED or CLAIM_RUN
  if kind == CLAIM_RUN then
    run.attempts = run.attempts + 1
    run.weight = tenant.weight
    run.period = tenant.period
    charge(tenant, job.cost)
  end
  unwatch_expiry(job)
  leave_line_later(tenant, job)
  take_lease(tenant, job, run, kind, lease_ms)
  place(tenant, true)
  claims[#claims + 1] = pack_claim(tenant, job, run)
end

-- Reads what the next turns will need, as far as it can be seen before the first of them: who is ready, and the first
-- jobs of their lines. From here to write_ready the tags are kept here.
local function look_ahead(turns)
  unwritten = {}
  read_ahead(turns + 1)
  local tenant_ids, job_ids = {}, {}
  for index = 1, math.min(turns, #ahead) do
    tenant_ids[index] = string.sub(ahead[index].member, READY_ID_AT)
  end
  if #tenant_ids == 0 then return end
  load_tenants(tenant_ids)
  local turns_each = math.ceil(turns / #tenant_ids)
  for _, id in ipairs(tenant_ids) do
    local tenant = load_tenant(id)
    local heads = heads_of_line(tenant, turns_each)
    tenant.heads = {}
    for place = #heads, 1, -1 do
      tenant.heads[#tenant.heads + 1] = heads[place]
      job_ids[#job_ids + 1] = heads[place]
    end
  end
  for index, record in ipairs(redis.call('HMGET', JOBS, unpack(job_ids))) do
    records[job_ids[index]] = record
  end
end

-- Returns whether more could be claimed at once.
local function claim_jobs(limit, lease_ms, max_running, max_tenant_running, claims)
  local more = promote_due(lease_ms, claims)
  write_all_gathered()
  local none_failed = redis.call('HLEN', RUNS) == redis.call('ZCARD', LEASES)
  local room = shard.paused == YES and 0 or limit
  if max_running > 0 then room = math.min(room, max_running - redis.call('ZCARD', LEASES)) end
  if room > 0 then look_ahead(room) end
  local capped = 0
  while room > 0 do
    local id = first_ready()
    if not id then break end
    local tenant = load_tenant(id)
    local cap = tenant.cap > 0 and tenant.cap or max_tenant_running
    if cap > 0 and running_of(tenant) >= cap then
      if capped == CAPPED_PER_CLAIM then
        more = true
        break
      end
      capped = capped + 1
      tenant.capped = YES
      place(tenant)
    else
      claim_first(tenant, lease_ms, none_failed, claims)
      room = room - 1
    end
  end
  write_ready()
  unwritten = nil
  write_all_gathered()
  return more
end

-- Ends a claim. A caller with slots left learns when something becomes due, so that no other needs a hint of it.
local function answer_claims(more, claims, limit)
  local next_due = 0
  if #claims < limit and not first_ready() then redis.call('DEL', WAKE) end
  local first_due = redis.call('ZRANGE', DUE, 0, 0, 'WITHSCORES')
  if first_due[2] then next_due = tonumber(first_due[2]) end
  return struct.pack(CLAIMS_FORMAT, more and YES or NO, now, next_due, #claims) .. table.concat(claims)
end
