-- The usual end of a hold: the windows that were charged still run, the hold has not lapsed, and the true cost is within
-- it. A script sets `closes_as` first, the outcome; what is cancelled asks for a true cost of 0.

-- What the end of a hold gives back and charges: place, amount held, units charged, for each entry; nil: not usual.
local function ends_of(member)
  local _, at = struct.unpack('<Bc0', member)
  local entries = { struct.unpack('<' .. string.rep('BBdd', (#member - at + 1) / 18), member, at) }
  local marks = { struct.unpack('<' .. column, packed, c[n * 2 + 8]) }
  local ends, i = {}, 0
  for e = 1, #entries - 1, 4 do
    local amount = entries[e + 2]
    i = i + 1
    -- Limits that the hold has nothing of, and so must not be asked anything.
    while i <= n and string.byte(c[n * 2 + 7], i * 2 - 1) ~= entries[e] do
      if p[i + 6] > 0 then return end
      i = i + 1
    end
    if i > n then return end
    local units = p[i + 6]
    if units == -1 then units = amount end
    if entries[e + 1] % 16 == 6 or marks[i] ~= entries[e + 3] or not (units >= 0 and units <= amount and units % 1 == 0) then
      return
    end
    ends[e], ends[e + 1], ends[e + 2], ends[e + 3] = i, amount, units, entries[e + 1] == 7
  end
  for rest = i + 1, n do
    if p[rest + 6] > 0 then return end
  end
  return ends
end

local memory = steady and open > 0 and redis.call('GET', KEYS[3])
if memory and string.byte(memory) == 111 and struct.unpack('<d', memory, 2) > now then
  local member = string.sub(memory, 10)
  local ends = ends_of(member)
  if ends and redis.call('ZREM', KEYS[2], member) == 1 then
    local charges, ended = {}, 'e' .. string.char(closes_as)
    for i = 1, n + n do charges[i] = 0 end
    c[n + 2] = open - 1
    for e = 1, #ends, 4 do
      local i, amount, units = ends[e], ends[e + 1], ends[e + 2]
      c[i + n + 6] = math.max(0, c[i + n + 6] - amount)
      if not ends[e + 3] and units > 0 then
        c[i + 1] = math.min(MAX, c[i + 1] + units)
        charges[i * 2 - 1] = units
        ended = ended .. struct.pack('<Bdd', string.byte(c[n * 2 + 7], i * 2 - 1), units, 0)
      end
    end
    -- Without holds nothing is held, whatever was lost with them.
    for i = 1, open == 1 and n or 0 do c[i + n + 6] = 0 end
    redis.call('SET', KEYS[3], ended, 'PX', memory_ms)
    local moved = struct.pack('<' .. column .. 'I4dddd' .. column, unpack(c, 2, n * 2 + 6))
    redis.call('SETRANGE', KEYS[1], '1', moved)
    return struct.pack('<BBdd', closes_as, 4, now, 0) .. struct.pack('<' .. string.rep('dd', n), unpack(charges))
      .. '\2' .. moved .. string.sub(packed, n * 16 + 38)
  end
end
