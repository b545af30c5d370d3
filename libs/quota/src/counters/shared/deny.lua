-- The short way to a denial: there are no holds that could lapse, so that what is lacking comes with the next window or not
-- at all. A script sets `takes_slots` first: whether concurrency limits are asked too.
--
-- @include ../records/counters.lua
local may_deny = is_steady and open == 0 and not observing
  and ((ARGV[2] or '') == '' or not redis.call('GET', KEYS[3]))
if may_deny then
  local retries, is_denied = { struct.unpack('<' .. column, packed, marks_from) }, false
  for i = 1, n do
    local cost, limit, kind = plan[costs_at + i], plan[limits_at + i], string.byte(plan_shape, i * 2)
    if not (cost >= 0 and cost <= MAX and cost % 1 == 0 and limit >= 0 and limit <= MAX and limit % 1 == 0) then
      is_denied = false
      break
    end
    local is_asked = cost > 0 and (takes_slots or kind ~= CONCURRENCY)
    if not is_asked or counters[used_at + i] + counters[held_at + i] + cost <= limit then
      retries[i] = 0
    else
      is_denied = true
      if cost > limit or kind > LAST_WINDOW then retries[i] = NEVER end
    end
  end
  if is_denied then
    return struct.pack(REPLY_HEAD .. column, DENIED, HAS_RETRIES, now, 0, unpack(retries, 1, n)) .. packed
  end
end
