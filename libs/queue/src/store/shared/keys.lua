-- The keys, and what their members begin with.
local SHARD, JOBS, RUNS, TENANTS, LINES, READY, DUE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local LEASES, ASIDE, DRAINED, DEDUPE, ENDED_JOBS, ENDINGS, DEAD_JOBS, WAKE =
  KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12], KEYS[13], KEYS[14], KEYS[15]
local CANCELS, ENDS = KEYS[1] .. ':cancels', KEYS[1] .. ':ends'

-- Where the id of the tenant or the job begins in a member.
local READY_ID_AT <const> = 14
local LINE_ID_AT <const> = 15
local ASIDE_ID_AT <const> = 7

-- What a member of `due` begins with.
local DUE_JOB <const> = 'j'
local DUE_TENANT <const> = 't'
local DUE_EXPIRY <const> = 'x'

-- Behind its tenant a member of `aside` says whether the job runs or is delayed; each has what follows all of its sort.
local ASIDE_RUNNING <const> = 'r'
local ASIDE_DELAYED <const> = 'd'
local BEHIND_RUNNING <const> = 's'
local BEHIND_DELAYED <const> = 'e'

-- Flags in records, arguments and replies.
local YES <const> = 1
local NO <const> = 0

local function dead_prefix(tenant_id)
  return struct.pack('>I2', #tenant_id) .. tenant_id
end
