-- A job that is leased to a worker: to run it, or only to end it.
--
-- Layout: claim = kind I1, token I7, attempts I2, wakes I5, job_id s1, last_error s2, record b4
-- Layout: claims = more I1, now_ms I6, next_due_ms I6, count I2
-- wakes = the tenant's count of unparks; record = the job
local CLAIM_FORMAT <const> = '>I1I7I2I5I1I2I4'
local CLAIMS_FORMAT <const> = '>I1I6I6I2'

-- Names: claim kind
local CLAIM_RUN <const> = 0
local CLAIM_EXPIRED <const> = 1
local CLAIM_LOST <const> = 2
local CLAIM_CANCELLED <const> = 3

local function pack_claim(tenant, job, run)
  return struct.pack(
    CLAIM_FORMAT,
    run.kind,
    run.token,
    run.attempts,
    tenant.wakes,
    #job.id,
    #run.error,
    #job.record
  ) .. job.id .. run.error .. job.record
end
