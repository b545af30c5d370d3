-- What changes while a job lives: its runs. No record: the job waits and has never run.
--
-- Layout: run = state I1, kind I1, attempts I2, token I7, started_at_ms I6, weight I4, period I5, cancelled I1, error s*
-- kind = of the claim that began it; weight = the tenant's when the run was charged, 0: it was not
--
-- @include ../shared/keys.lua
-- @include claim.lua
local RUN_FORMAT <const> = '>I1I1I2I7I6I4I5I1'

-- Names: run state
local WAITING <const> = 0
local RUNNING <const> = 1
local RETRYING <const> = 2

local function new_run()
  return {
    state = WAITING,
    kind = CLAIM_RUN,
    attempts = 0,
    token = 0,
    started_at_ms = 0,
    weight = 0,
    period = 0,
    cancelled = NO,
    error = '',
  }
end

-- `packed` spares the reading of it.
local function load_run(id, packed)
  packed = packed or redis.call('HGET', RUNS, id)
  if not packed then return new_run() end
  local state, kind, attempts, token, started_at_ms, weight, period, cancelled, error_at = struct.unpack(RUN_FORMAT, packed)
  return {
    state = state,
    kind = kind,
    attempts = attempts,
    token = token,
    started_at_ms = started_at_ms,
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
    run.started_at_ms,
    run.weight,
    run.period,
    run.cancelled
  ) .. run.error
end

local function save_run(id, run)
  redis.call('HSET', RUNS, id, pack_run(run))
end

local function is_running(run)
  return run.state == RUNNING
end

-- Whether the run still has the lease that `token` was given for.
local function has_lease(run, token)
  return run.state == RUNNING and run.token == token
end
