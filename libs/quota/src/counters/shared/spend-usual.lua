-- The usual spend, done before anything is built that only the other cases need: the same limits as last time, windows
-- that run, each used before and with room, no lease to end. Then no expiry changes either. What is not usual goes the
-- long way, which agrees with it.
local usual = c[slots * 2 + 7] == p[n * 2 + 7] and not is_new and now < c[slots + 6]
  and (c[slots + 2] == 0 or now < c[slots + 3])
for i = 1, usual and n or 0 do
  local cost, limit = p[i + 6], p[i + n + 6]
  if cost ~= 0 then
    local units = c[i + 1]
    if not (cost > 0 and units > 0 and units + c[i + n + 6] + cost <= limit and limit <= MAX and cost % 1 == 0) then
      usual = false
      break
    end
  end
end
if usual and ((ARGV[2] or '') == '' or redis.call('SET', KEYS[3], 'e\4', 'NX', 'PX', memory_ms)) then
  for i = 1, n do c[i + 1] = c[i + 1] + p[i + 6] end
  local moved = struct.pack('<' .. column, unpack(c, 2, n + 1))
  redis.call('SETRANGE', KEYS[1], '1', moved)
  return struct.pack('<BBdd', 4, 8, now, 0) .. moved .. packed
end
