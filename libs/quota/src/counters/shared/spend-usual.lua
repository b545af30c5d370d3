-- The usual spend, done before anything is built that only the other cases need: windows that run, room in all of them,
-- no lease to end. Then no expiry of the key changes either. What is not usual goes the long way, which agrees with it.
local usual = not is_new and slots >= n and (open == 0 or now < next_expiry)
for i = 1, usual and n or 0 do
  local a, b = i * 7, i * 5
  local kind, cost = p[a - 5], p[a]
  if s[b - 4] ~= p[a - 6] or s[b - 3] ~= kind or kind == 5 or (kind <= 4 and s[b - 2] <= now)
    or (cost > 0 and kind ~= 7 and (kind == 6 or s[b - 1] + s[b] + cost > p[a - 3])) then
    usual = false
    break
  end
end
if usual and (ARGV[2] == '' or redis.call('SET', KEYS[3], 'e\4', 'NX', 'PX', memory_ms)) then
  for i = 1, n do
    if p[i * 7 - 5] ~= 7 then s[i * 5 - 1] = s[i * 5 - 1] + p[i * 7] end
  end
  local text =
    struct.pack('<BdddI4' .. string.rep('BBddd', slots), 1, next_expiry, holds_until, expires_at, open, unpack(s))
  redis.call('SET', KEYS[1], text, 'KEEPTTL')
  return struct.pack('<BBdd', 4, 0, now, 0) .. text
end
