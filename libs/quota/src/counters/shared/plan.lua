-- The tenant's limits and what is asked of each.
--
-- plan = version B, flags B (1 observe), lease_ms d, memory_ms d, valid_from d, valid_until d,
--        a column for each number, as long as there are limits: cost d, limit d,
--        length B, shape: (id B, kind B) for each limit, period d, rate d, lapse B (1: a lapsed hold is charged)
-- kind = 1 minute, 2 hour, 3 day, 4 month, 5 bucket, 6 level, 7 concurrency
-- p = the plan up to its shape, and where the columns behind it begin
local MAX = 9007199254740991
local n = (#ARGV[1] - 35) / 35
if n < 0 or n > 32 or n % 1 ~= 0 then return redis.error_reply('QUOTA plan is malformed') end
local p = { struct.unpack('<BBdddd' .. string.rep('d', n + n) .. 'Bc0', ARGV[1]) }
local lease_ms, memory_ms = p[3], p[4]
if p[1] ~= 2 then return redis.error_reply('QUOTA plan is of another version') end
-- Every comparison with NaN is false, so what must hold is stated, not what must not.
if not (lease_ms >= 0 and lease_ms <= 86400000 and memory_ms >= 1 and memory_ms <= 86400000) then
  return redis.error_reply('QUOTA lease or memory is out of range')
end
