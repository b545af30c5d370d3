-- The usual reserve: room in each limit, and a lease within what the keys' expiries reckon with. A level keeps its key for
-- ever once it holds something, so it goes the long way.
local deadline = now + lease_ms
local usual = steady and lease_ms >= 1 and deadline <= c[slots + 4]
local entries, count = {}, 0
if usual then
  local tail = { struct.unpack('<' .. string.rep('B', n) .. column, string.sub(ARGV[1], -n) .. string.sub(packed, -n * 8)) }
  for i = 1, n do
    local cost, limit = p[i + 6], p[i + n + 6]
    if cost ~= 0 then
      local id, kind = string.byte(p[n * 2 + 7], i * 2 - 1, i * 2)
      if not (cost > 0 and c[i + 1] + c[i + n + 6] + cost <= limit and limit <= MAX and cost % 1 == 0) or kind == 6 then
        usual = false
        break
      end
      if kind ~= 7 and tail[i] == 1 then kind = kind + 16 end
      entries[count + 1], entries[count + 2], entries[count + 3], entries[count + 4] = id, kind, cost, tail[i + n]
      count = count + 4
    end
  end
end
if usual then
  local member = struct.pack('<Bc0' .. string.rep('BBdd', count / 4), #ARGV[2], ARGV[2], unpack(entries))
  local memory = 'o' .. struct.pack('<d', deadline) .. member
  if redis.call('SET', KEYS[3], memory, 'NX', 'PX', lease_ms + memory_ms) then
    redis.call('ZADD', KEYS[2], deadline, member)
    if open == 0 then redis.call('PEXPIREAT', KEYS[2], c[n + 4] + KEY_SLACK_MS) end
    for i = 1, n do c[i + n + 6] = c[i + n + 6] + p[i + 6] end
    if open == 0 or deadline < c[n + 3] then c[n + 3] = deadline end
    c[n + 2] = open + 1
    local moved = struct.pack('<I4dddd' .. column, unpack(c, n + 2, n * 2 + 6))
    redis.call('SETRANGE', KEYS[1], n * 8 + 1, moved)
    return struct.pack('<BBdd', 1, 0, now, deadline)
      .. string.sub(packed, 1, n * 8 + 1) .. moved .. string.sub(packed, n * 16 + 38)
  end
end
