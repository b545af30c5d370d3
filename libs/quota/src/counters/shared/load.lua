-- The tenant's counters as one packed string, which is also the tail of every answer.
--
-- counters = version B, next_expiry d, holds_until d, expires_at d, open I4,
--            then for each limit: id B, kind B, mark d, used d, held d
-- mark = end of the window (exclusive); of a bucket the time up to which it has leaked; else 0
-- used = units; of a bucket its level in units x period, so that it leaks `rate` for each ms in whole numbers
-- s holds 5 numbers for each limit: those of the plan first, in its order, then others that are still alive.
if now < valid_from or now >= valid_until then return struct.pack('<Bd', 3, now) end
local packed = redis.call('GET', KEYS[1])
local is_new = not packed
if is_new then packed = ARGV[3] end
if packed == '' then return struct.pack('<Bd', 2, now) end
local KEY_SLACK_MS = 3600000
local format, next_expiry, holds_until, expires_at, open = struct.unpack('<BdddI4', packed)
local slots = (#packed - 29) / 26
if format ~= 1 or slots % 1 ~= 0 then return redis.error_reply('QUOTA counters are of another format') end
local s = { struct.unpack('<' .. string.rep('BBddd', slots), packed, 30) }
s[slots * 5 + 1] = nil
local dirty = false
