-- What enqueue-jobs stores of a job. It never changes while the job lives.
--
-- Layout: job = number I5, sequence I7, priority I2, cost I4, max_attempts I2, max_run_ms I4, created_at_ms I6, expires_at_ms I6,
--   tenant_id s2, dedupe_key s1, body b*
-- number = the tenant's; priority = its rank, 0 is the highest
-- Layout: body = name s1, payload s*
--
-- @include ../shared/keys.lua
local JOB_FORMAT <const> = '>I5I7I2I4I2I4I6I6I2I1'
local JOB_BYTES <const> = 39
local BODY_FORMAT <const> = '>I1'

local function pack_job(job)
  return struct.pack(
    JOB_FORMAT,
    job.number,
    job.sequence,
    job.priority,
    job.cost,
    job.max_attempts,
    job.max_run_ms,
    job.created_at_ms,
    job.expires_at_ms,
    #job.tenant_id,
    #job.dedupe_key
  ) .. job.tenant_id .. job.dedupe_key .. job.body
end

local function parse_job(id, record)
  local number, sequence, priority, cost, max_attempts, max_run_ms, created_at_ms, expires_at_ms, tenant_id_length,
    dedupe_key_length = struct.unpack(JOB_FORMAT, record)
  local dedupe_at = JOB_BYTES + tenant_id_length + 1
  return {
    id = id,
    record = record,
    number = number,
    sequence = sequence,
    priority = priority,
    cost = cost,
    max_attempts = max_attempts,
    max_run_ms = max_run_ms,
    created_at_ms = created_at_ms,
    expires_at_ms = expires_at_ms,
    tenant_id = string.sub(record, JOB_BYTES + 1, dedupe_at - 1),
    dedupe_key = dedupe_key_length == 0 and '' or string.sub(record, dedupe_at, dedupe_at + dedupe_key_length - 1),
    body_at = dedupe_at + dedupe_key_length,
  }
end

-- `record` spares the reading of it.
local function load_job(id, record)
  record = record or redis.call('HGET', JOBS, id)
  return record and parse_job(id, record) or nil
end
