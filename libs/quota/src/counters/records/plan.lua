-- The tenant's limits and what is asked of each.
--
-- Layout: plan = version B, flags B, lease_ms d, memory_ms d, valid_from d, valid_until d, costs d*, limits d*,
--   shape_size B, shape BB*, periods d*, rates d*, lapses B*
-- A field with * is there for each limit. shape = the id and the kind of the limit
-- flags = OBSERVES or 0; lapse = LAPSE_CHARGES: a hold that lapses is charged, or 0

-- Names: limit kind
local MINUTE <const> = 1
local HOUR <const> = 2
local DAY <const> = 3
local MONTH <const> = 4
local BUCKET <const> = 5
local LEVEL <const> = 6
local CONCURRENCY <const> = 7

-- Names: plan
local PLAN_VERSION <const> = 2
local OBSERVES <const> = 1
local LAPSE_CHARGES <const> = 1
local MAX_LIMITS <const> = 32

-- The kinds from the first to the last of these are windows.
local LAST_WINDOW <const> = MONTH
local MAX <const> = 9007199254740991
local MAX_LEASE_MS <const> = 86400000

local PLAN_HEAD <const> = '<BBdddd'

local n = (#ARGV[1] - 35) / 35
if n < 0 or n > MAX_LIMITS or n % 1 ~= 0 then return redis.error_reply('QUOTA plan is malformed') end
local plan = { struct.unpack(PLAN_HEAD .. string.rep('d', n + n) .. 'Bc0', ARGV[1]) }
local lease_ms, memory_ms = plan[3], plan[4]
local observing = plan[2] % 2 == OBSERVES
local costs_at, limits_at = 6, n + 6
local plan_shape = plan[n * 2 + 7]
if plan[1] ~= PLAN_VERSION then return redis.error_reply('QUOTA plan is of another version') end
-- Every comparison with NaN is false, so what must hold is stated, not what must not.
if not (lease_ms >= 0 and lease_ms <= MAX_LEASE_MS and memory_ms >= 1 and memory_ms <= MAX_LEASE_MS) then
  return redis.error_reply('QUOTA lease or memory is out of range')
end
