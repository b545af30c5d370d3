-- The usual denial: no holds that could lapse, so that what is lacking comes with the next window or not at all. A script
-- sets `takes_slots` first: whether concurrency limits are asked.
local may_deny = steady and open == 0 and p[2] % 2 == 0
  and ((ARGV[2] or '') == '' or not redis.call('GET', KEYS[3]))
if may_deny then
  local marks, is_denied = { struct.unpack('<' .. column, packed, c[n * 2 + 8]) }, false
  for i = 1, n do
    local cost, limit, kind = p[i + 6], p[i + n + 6], string.byte(p[n * 2 + 7], i * 2)
    if not (cost >= 0 and cost <= MAX and cost % 1 == 0 and limit >= 0 and limit <= MAX and limit % 1 == 0) then
      is_denied = false
      break
    end
    if cost == 0 or (kind == 7 and not takes_slots) or c[i + 1] + c[i + n + 6] + cost <= limit then
      marks[i] = 0
    else
      is_denied = true
      if cost > limit or kind > 4 then marks[i] = -1 end
    end
  end
  if is_denied then
    return struct.pack('<BBdd' .. column, 0, 2, now, 0, unpack(marks, 1, n)) .. packed
  end
end
