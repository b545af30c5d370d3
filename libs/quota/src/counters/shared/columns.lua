-- The plan and the counters, a table for each column; checked before anything is written. A script sets `least_cost`
-- first: -1 where a cost may be left open. The first n places of a column are the limits of the plan, in its order.
local costs, limits, periods, rates, lapse_charges = {}, {}, {}, {}, {}
local used, held, marks, ids, kinds = {}, {}, {}, {}, {}
local open, next_expiry, holds_until, expires_at = c[slots + 2], c[slots + 3], c[slots + 4], c[slots + 5]
local observing = p[2] % 2 == 1
local shape = c[slots * 2 + 7]
local dirty = false

local planned = { struct.unpack('<' .. string.rep('d', n + n) .. string.rep('B', n), ARGV[1], p[n * 2 + 8]) }
for i = 1, n do
  local cost, limit, period, rate = p[i + 6], p[i + n + 6], planned[i], planned[i + n]
  local kind = string.byte(p[n * 2 + 7], i * 2)
  if not (limit >= 0 and limit <= MAX and limit % 1 == 0 and cost >= least_cost and cost <= MAX and cost % 1 == 0
      and rate >= 0 and rate <= MAX and rate % 1 == 0 and period >= 0 and period % 1 == 0
      and kind >= 1 and kind <= 7 and (kind ~= 5 or limit * period <= MAX)) then
    return redis.error_reply('QUOTA number is out of range')
  end
  costs[i], limits[i], periods[i], rates[i], lapse_charges[i] = cost, limit, period, rate, planned[i + n + n]
end
marks = { struct.unpack('<' .. column, packed, c[slots * 2 + 8]) }
for i = 1, slots do
  used[i], held[i] = c[i + 1], c[i + slots + 6]
  ids[i], kinds[i] = string.byte(shape, i * 2 - 1, i * 2)
end
