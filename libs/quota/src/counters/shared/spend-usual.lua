-- The usual spend: each limit used before and with room. Then no expiry changes either.
local usual = steady
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
