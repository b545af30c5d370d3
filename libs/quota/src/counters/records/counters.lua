-- The tenant's counters: one packed string, which is also the end of every answer.
--
-- Layout: counters = version B, used d*, open I4, next_expiry d, holds_until d, expires_at d, turns_at d, held d*,
--   shape_size B, shape BB*, marks d*
-- A field with * is there for each limit: first the limits of the plan, then others that are still alive.
-- used = units; of a bucket its level in units x period, so that it leaks `rate` for each ms in whole numbers
-- mark = end of the window (exclusive); of a bucket the time up to which it has leaked; else 0
-- turns_at = when the first of the windows ends; 0 where there is a bucket, which moves all the time
--
-- @include plan.lua
-- @include reply.lua

-- Names: counters
local COUNTERS_VERSION <const> = 2

-- The fields between the columns of `used` and `held`.
local COUNTS <const> = 'I4dddd'
local VERSION_BYTE <const> = '\2'
local KEY_SLACK_MS <const> = 3600000

-- The one clock of a decision: Redis time in ms. Read once: it moves between two calls of one script.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if not (now >= plan[5] and now < plan[6]) then return struct.pack('<Bd', STALE, now) end

local packed = redis.call('GET', KEYS[1])
local is_new = not packed
if is_new then packed = ARGV[3] or VERSION_BYTE .. string.rep('\0', 37) end
if packed == '' then return struct.pack('<Bd', COLD, now) end
local slots = (#packed - 38) / 26
if slots < 0 or slots % 1 ~= 0 or string.byte(packed) ~= COUNTERS_VERSION then
  return redis.error_reply('QUOTA counters are of another format')
end

-- `counters` has all up to the marks. A name with _at is a place in it, so that counters[used_at + i] is the use of limit
-- i; a name with _byte counts the bytes before a field of the string, as SETRANGE does.
local column = string.rep('d', slots)
local counters = { struct.unpack('<B' .. column .. COUNTS .. column .. 'Bc0', packed) }
local used_at, open_at, next_expiry_at, held_at = 1, slots + 2, slots + 3, slots + 6
local open, next_expiry = counters[open_at], counters[next_expiry_at]
local holds_until, expires_at, turns_at = counters[slots + 4], counters[slots + 5], counters[slots + 6]
local shape, marks_from = counters[slots * 2 + 7], counters[slots * 2 + 8]
local USED_BYTE <const> = '1'
local open_byte, shape_byte = slots * 8 + 1, slots * 16 + 37

-- Whether all is as the last call left it: the same limits, windows that run, no lease to end. Then the short way of a
-- script may do. It builds only what the usual case needs; all else goes the long way, which decides the same.
local is_steady = not is_new and shape == plan_shape and now < turns_at and (open == 0 or now < next_expiry)
