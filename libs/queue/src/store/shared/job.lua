-- A job's record never changes while it lives: numbers, tenant, dedupe key, then name and payload, which Lua does not read.
local JOB_FORMAT = '>I5I7I2I4I2I4I6I6I2I1'
local JOB_BYTES = 39

local function pack_job(job)
  return struct.pack(
    JOB_FORMAT,
    job.number,
    job.sequence,
    job.priority,
    job.cost,
    job.max_attempts,
    job.max_run_ms,
    job.created_at,
    job.expires_at,
    #job.tenant_id,
    #job.dedupe_key
  ) .. job.tenant_id .. job.dedupe_key .. job.body
end

-- `record` spares the reading of it.
local function load_job(id, record)
  record = record or redis.call('HGET', JOBS, id)
  if not record then return nil end
  local number, sequence, priority, cost, max_attempts, max_run_ms, created_at, expires_at, tenant_length, dedupe_length =
    struct.unpack(JOB_FORMAT, record)
  local dedupe_at = JOB_BYTES + tenant_length + 1
  return {
    id = id,
    record = record,
    number = number,
    sequence = sequence,
    priority = priority,
    cost = cost,
    max_attempts = max_attempts,
    max_run_ms = max_run_ms,
    created_at = created_at,
    expires_at = expires_at,
    tenant_id = string.sub(record, JOB_BYTES + 1, dedupe_at - 1),
    dedupe_key = dedupe_length == 0 and '' or string.sub(record, dedupe_at, dedupe_at + dedupe_length - 1),
    body_at = dedupe_at + dedupe_length,
  }
end

-- Members of all lines stand in one set, by tenant, then priority (0 = highest), then arrival.
local function line_member(job)
  return struct.pack('>I5I2I7', job.number, job.priority, job.sequence) .. job.id
end

-- The ids of the first jobs of a line, as it stands in Redis.
local function heads_of_line(tenant, count)
  local prefix, behind = tenant_prefix(tenant.number), tenant_prefix(tenant.number + 1)
  local heads = redis.call('ZRANGEBYLEX', LINES, '[' .. prefix, '(' .. behind, 'LIMIT', 0, count)
  for place, member in ipairs(heads) do
    heads[place] = string.sub(member, 15)
  end
  return heads
end

local function head_of_line(tenant)
  return heads_of_line(tenant, 1)[1]
end

local function join_line(tenant, job)
  redis.call('ZADD', LINES, 0, line_member(job))
  tenant.waiting = tenant.waiting + 1
  tenant.line_cost = tenant.line_cost + job.cost
end

local function leave_line(tenant, job)
  if redis.call('ZREM', LINES, line_member(job)) == 0 then return false end
  tenant.waiting = tenant.waiting - 1
  tenant.line_cost = tenant.line_cost - job.cost
  return true
end

-- For the first of a line that was just looked up. Who looks it up again writes what was gathered first.
local function leave_line_later(tenant, job)
  gather('left', 'ZREM', LINES, line_member(job))
  tenant.left = true
  tenant.waiting = tenant.waiting - 1
  tenant.line_cost = tenant.line_cost - job.cost
end

-- What is due first now is due sooner than any idle worker knows.
local due_sooner = false
local function become_due(member, at_ms)
  redis.call('ZADD', DUE, at_ms, member)
  if redis.call('ZRANGE', DUE, 0, 0)[1] == member then due_sooner = true end
end

-- Jobs outside the line, by tenant: 'd' delayed, 'r' running.
local function aside_member(tenant, what, job)
  return tenant_prefix(tenant.number) .. what .. job.id
end

local function delay_job(tenant, job, until_ms)
  become_due('j' .. job.id, until_ms)
  redis.call('ZADD', ASIDE, 0, aside_member(tenant, 'd', job))
  tenant.delayed = tenant.delayed + 1
end

local function undelay_job(tenant, job)
  if redis.call('ZREM', ASIDE, aside_member(tenant, 'd', job)) == 0 then return false end
  redis.call('ZREM', DUE, 'j' .. job.id)
  tenant.delayed = tenant.delayed - 1
  return true
end

local function watch_expiry(job)
  if job.expires_at > 0 then become_due('x' .. job.id, job.expires_at) end
end

local function unwatch_expiry(job)
  if job.expires_at > 0 then redis.call('ZREM', DUE, 'x' .. job.id) end
end
