-- Leases: a run lives until its deadline.
--
-- @include line.lua
-- @include ../records/run.lua

-- Whoever takes or drops leases writes what was gathered before it reads them, and before the other of the two.
local function take_lease(tenant, job, run, kind, lease_ms)
  shard.token = shard.token + 1
  run.state = RUNNING
  run.kind = kind
  run.token = shard.token
  run.started_at_ms = now
  gather('leased', 'ZADD', LEASES, now + lease_ms, job.id)
  gather('started', 'ZADD', ASIDE, 0, aside_member(tenant, ASIDE_RUNNING, job))
  gather('runs', 'HSET', RUNS, job.id, pack_run(run))
end

local function drop_lease(tenant, job)
  gather('unleased', 'ZREM', LEASES, job.id)
  gather('stopped', 'ZREM', ASIDE, aside_member(tenant, ASIDE_RUNNING, job))
  tenant.capped = NO
end
