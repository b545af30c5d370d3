-- The tenant's limits and what is asked of each, checked before anything is written.
--
-- plan = version B, flags B (1 observe), count B, lease_ms d, memory_ms d, valid_from d, valid_until d,
--        then for each limit: id B, kind B, on_expiry B (1 charge), limit d, rate d, period d, cost d
-- kind = 1 minute, 2 hour, 3 day, 4 month, 5 bucket, 6 level, 7 concurrency
-- p holds 7 numbers for each limit, in this order. A script sets `least_cost` first: -1 where a cost may be left open.
local MAX = 9007199254740991
if #ARGV[1] < 35 then return redis.error_reply('QUOTA plan is cut short') end
local plan_version, flags, n, lease_ms, memory_ms, valid_from, valid_until = struct.unpack('<BBBdddd', ARGV[1])
if plan_version ~= 1 or n > 32 or #ARGV[1] ~= 35 + 35 * n then return redis.error_reply('QUOTA plan is malformed') end
if not (lease_ms >= 0 and lease_ms <= 86400000 and memory_ms >= 1 and memory_ms <= 86400000) then
  return redis.error_reply('QUOTA lease or memory is out of range')
end
local p = { struct.unpack('<' .. string.rep('BBBdddd', n), ARGV[1], 36) }
for at = 4, n * 7, 7 do
  local kind, limit, rate, period, cost = p[at - 2], p[at], p[at + 1], p[at + 2], p[at + 3]
  -- Every comparison with NaN is false, so what must hold is stated, not what must not.
  if not (limit >= 0 and limit <= MAX and limit % 1 == 0 and cost >= least_cost and cost <= MAX and cost % 1 == 0
      and rate >= 0 and rate <= MAX and rate % 1 == 0 and period >= 0 and period % 1 == 0
      and kind >= 1 and kind <= 7 and (kind ~= 5 or limit * period <= MAX)) then
    return redis.error_reply('QUOTA number is out of range')
  end
end
local observing = flags % 2 == 1
