-- The usual spend, done before anything is built that only the other cases need: the same limits as last time, windows
-- that run, each used before and with room, no lease to end. Then no expiry changes either. What is not usual goes the
-- long way, which agrees with it.
local usual = c[slots * 2 + 7] == p[n * 2 + 7] and not is_new and now < c[slots + 6]
  and (c[slots + 2] == 0 or now < c[slots + 3])
local moved = {}
for i = 1, usual and n or 0 do
  local cost, limit, units = p[i + 6], p[i + n + 6], c[i + 1]
  if cost > 0 and not (units > 0 and cost % 1 == 0 and limit <= MAX and units + c[i + n + 6] + cost <= limit)
    or not (cost >= 0) then
    usual = false
    break
  end
  moved[i] = units + cost
end
if usual and (ARGV[2] == '' or redis.call('SET', KEYS[3], 'e\4', 'NX', 'PX', memory_ms)) then
  local text = struct.pack('<' .. column, unpack(moved))
  redis.call('SETRANGE', KEYS[1], 1, text)
  return struct.pack('<BBddB', 4, 0, now, 0, 2) .. text .. string.sub(packed, n * 8 + 2)
end
