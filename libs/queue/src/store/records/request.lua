-- A job as it is handed to enqueue-jobs.
--
-- Layout: request = job_id s1, tenant_id s2, dedupe_key s1, body b4, cost I4, weight I4, priority I2, delay_ms I6, ttl_ms I6,
--   max_attempts I2, max_run_ms I4, max_depth I4, attempts_used I2
-- weight = 0: as it is; priority = its rank; max_depth = most jobs of the tenant, this one included
--
-- @include job.lua
local REQUEST_FORMAT <const> = '>I1I2I1I4I4I4I2I6I6I2I4I4I2'

-- The request that begins at `at`, and where the next one does.
local function parse_request(packed, at)
  local job_id_length, tenant_id_length, dedupe_key_length, body_length, cost, weight, priority, delay_ms, ttl_ms,
    max_attempts, max_run_ms, max_depth, attempts_used, id_at = struct.unpack(REQUEST_FORMAT, packed, at)
  local tenant_at = id_at + job_id_length
  local dedupe_at = tenant_at + tenant_id_length
  local body_at = dedupe_at + dedupe_key_length
  local next_at = body_at + body_length
  return {
    id = string.sub(packed, id_at, tenant_at - 1),
    tenant_id = string.sub(packed, tenant_at, dedupe_at - 1),
    dedupe_key = string.sub(packed, dedupe_at, body_at - 1),
    body = string.sub(packed, body_at, next_at - 1),
    size = JOB_BYTES + tenant_id_length + dedupe_key_length + body_length + job_id_length,
    cost = cost,
    weight = weight,
    priority = priority,
    delay_ms = delay_ms,
    ttl_ms = ttl_ms,
    max_attempts = max_attempts,
    max_run_ms = max_run_ms,
    max_depth = max_depth,
    attempts_used = attempts_used,
  }, next_at
end

-- Names: enqueue code
local ADDED <const> = 0
local KNOWN <const> = 1
local TENANT_QUEUE_FULL <const> = 2
local TENANT_BYTES_FULL <const> = 3
local QUEUE_FULL <const> = 4
local QUEUE_BYTES_FULL <const> = 5

-- Layout: enqueued = code I1, depth I7, known_id s1
local ENQUEUED_FORMAT <const> = '>I1I7I1'
