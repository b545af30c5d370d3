-- The places of a job that does not run: in the line of its tenant, or delayed until a time.
--
-- @include ../records/tenant.lua
-- @include ../records/job.lua

-- Members of all lines stand in one set, by tenant, then priority (0 = highest), then arrival.
local function line_member(job)
  return struct.pack('>I5I2I7', job.number, job.priority, job.sequence) .. job.id
end

-- The ids of the first jobs of a line, as it stands in Redis.
local function heads_of_line(tenant, count)
  local prefix, behind = tenant_prefix(tenant.number), tenant_prefix(tenant.number + 1)
  local heads = redis.call('ZRANGEBYLEX', LINES, '[' .. prefix, '(' .. behind, 'LIMIT', 0, count)
  for place, member in ipairs(heads) do
    heads[place] = string.sub(member, LINE_ID_AT)
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

-- Jobs outside the line, by tenant.
local function aside_member(tenant, what, job)
  return tenant_prefix(tenant.number) .. what .. job.id
end

local function delay_job(tenant, job, until_ms)
  become_due(DUE_JOB .. job.id, until_ms)
  redis.call('ZADD', ASIDE, 0, aside_member(tenant, ASIDE_DELAYED, job))
  tenant.delayed = tenant.delayed + 1
end

local function undelay_job(tenant, job)
  if redis.call('ZREM', ASIDE, aside_member(tenant, ASIDE_DELAYED, job)) == 0 then return false end
  redis.call('ZREM', DUE, DUE_JOB .. job.id)
  tenant.delayed = tenant.delayed - 1
  return true
end

local function watch_expiry(job)
  if job.expires_at_ms > 0 then become_due(DUE_EXPIRY .. job.id, job.expires_at_ms) end
end

local function unwatch_expiry(job)
  if job.expires_at_ms > 0 then redis.call('ZREM', DUE, DUE_EXPIRY .. job.id) end
end
