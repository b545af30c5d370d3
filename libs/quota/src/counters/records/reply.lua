-- The answer of every script. Where it is cold or stale it ends with the status and the time.
--
-- Layout: reply = status B, bits B, now d, deadline d, retries d*, charges dd*, moved d*, counters
-- retries = with HAS_RETRIES, for each limit: 0 where the cost fits, else when it will, -1 never
-- charges = with HAS_CHARGES, for each limit: units charged, units beyond the limit
-- moved   = with HAS_MOVED, for each limit: units used now; the counters that follow are as they were before

local REPLY_HEAD <const> = '<BBdd'

-- Names: status
local DENIED <const> = 0
local HELD <const> = 1
local COLD <const> = 2
local STALE <const> = 3
local SPENT <const> = 4
local SETTLED <const> = 5
local CANCELLED <const> = 6
local EXPIRED <const> = 7
local UNKNOWN <const> = 8

-- Names: reply bit
local REPEATED <const> = 1
local HAS_RETRIES <const> = 2
local HAS_CHARGES <const> = 4
local HAS_MOVED <const> = 8

-- A retry that no time makes possible.
local NEVER <const> = -1
