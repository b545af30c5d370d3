-- What changes while a job lives: its runs. No record = it waits and has never run.
-- state: 0 waits, 1 runs, 2 failed and waits. kind: 0 to run, 1 expired, 2 lost too often, 3 cancelled (these only end).
-- weight 0: the run was not charged.
local RUN_FORMAT = '>I1I1I2I7I6I4I5I1'

local function new_run()
  return { state = 0, kind = 0, attempts = 0, token = 0, started_at = 0, weight = 0, period = 0, cancelled = 0, error = '' }
end

-- `packed` spares the reading of it.
local function load_run(id, packed)
  packed = packed or redis.call('HGET', RUNS, id)
  if not packed then return new_run() end
  local state, kind, attempts, token, started_at, weight, period, cancelled, error_at = struct.unpack(RUN_FORMAT, packed)
  return {
    state = state,
    kind = kind,
    attempts = attempts,
    token = token,
    started_at = started_at,
    weight = weight,
    period = period,
    cancelled = cancelled,
    error = string.sub(packed, error_at),
  }
end

local function pack_run(run)
  return struct.pack(
    RUN_FORMAT,
    run.state,
    run.kind,
    run.attempts,
    run.token,
    run.started_at,
    run.weight,
    run.period,
    run.cancelled
  ) .. run.error
end

local function save_run(id, run)
  redis.call('HSET', RUNS, id, pack_run(run))
end

-- Whoever takes or drops leases writes what was gathered before it reads them, and before the other of the two.
local function take_lease(tenant, job, run, kind, lease_ms)
  shard.token = shard.token + 1
  run.state = 1
  run.kind = kind
  run.token = shard.token
  run.started_at = now
  gather('leased', 'ZADD', LEASES, now + lease_ms, job.id)
  gather('started', 'ZADD', ASIDE, 0, aside_member(tenant, 'r', job))
  gather('runs', 'HSET', RUNS, job.id, pack_run(run))
end

local function drop_lease(tenant, job)
  gather('unleased', 'ZREM', LEASES, job.id)
  gather('stopped', 'ZREM', ASIDE, aside_member(tenant, 'r', job))
  tenant.capped = 0
end

-- One entry of a claim's answer; `since` is when the job could first have run.
local function pack_claim(tenant, job, run)
  return struct.pack(
    '>I1I7I2I5I1I2I4',
    run.kind,
    run.token,
    run.attempts,
    tenant.wakes,
    #job.id,
    #run.error,
    #job.record
  ) .. job.id .. run.error .. job.record
end
