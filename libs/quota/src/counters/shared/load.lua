-- The tenant's counters as one packed string, which is also the tail of every answer.
--
-- counters = version B, a column: used d, open I4, next_expiry d, holds_until d, expires_at d, turns_at d,
--            a column: held d, length B, shape: (id B, kind B) for each limit, a column: mark d
-- used = units; of a bucket its level in units x period, so that it leaks `rate` for each ms in whole numbers
-- mark = end of the window (exclusive); of a bucket the time up to which it has leaked; else 0
-- turns_at = when the first of the windows ends; 0 where there is a bucket: nothing here is as it was a moment ago
-- c = the counters up to their shape, and where the marks begin. First the limits of the plan, then others still alive.
if not (now >= p[5] and now < p[6]) then return struct.pack('<Bd', 3, now) end
local packed = redis.call('GET', KEYS[1])
local is_new = not packed
if is_new then packed = ARGV[3] or '\2' .. string.rep('\0', 37) end
if packed == '' then return struct.pack('<Bd', 2, now) end
local KEY_SLACK_MS = 3600000
local slots = (#packed - 38) / 26
if slots < 0 or slots % 1 ~= 0 or string.byte(packed) ~= 2 then
  return redis.error_reply('QUOTA counters are of another format')
end
local column = string.rep('d', slots)
local c = { struct.unpack('<B' .. column .. 'I4dddd' .. column .. 'Bc0', packed) }
