-- Writes the counters where they moved, and answers.

-- When everything here will have ended by itself; math.huge: never.
local function over_at()
  local last = holds_until
  for i = 1, slots do
    local kind, mark, units = kinds[i], marks[i], used[i]
    if kind <= 4 then
      if mark > last then last = mark end
    elseif kind == 6 then
      if units > 0 or held[i] > 0 then return math.huge end
    elseif kind == 5 and units > 0 then
      local rate = rates[i] or 0
      if rate == 0 then return math.huge end
      last = math.max(last, mark + math.ceil(units / rate))
    end
  end
  return math.max(last, now)
end

local function turns_at()
  local first = math.huge
  for i = 1, slots do
    if kinds[i] == 5 then return 0 end
    if kinds[i] <= 4 and marks[i] < first then first = marks[i] end
  end
  return first
end

local function pack_counters()
  local format = '<' .. string.rep('d', slots)
  return '\2' .. struct.pack(format, unpack(used, 1, slots))
    .. struct.pack('<I4dddd', open, next_expiry, holds_until, expires_at, turns_at())
    .. struct.pack(format, unpack(held, 1, slots)) .. string.char(#shape) .. shape
    .. struct.pack(format, unpack(marks, 1, slots))
end

-- Status, bits, now, deadline, `middle`, counters.
local function answer(status, bits, deadline, middle)
  local text
  if not dirty then
    text = pack_counters()
  else
    local over = over_at()
    if over == math.huge then
      expires_at = 0
      text = pack_counters()
      redis.call('SET', KEYS[1], text)
    elseif is_new or expires_at < over + KEY_SLACK_MS / 2 then
      expires_at = over + KEY_SLACK_MS
      text = pack_counters()
      redis.call('SET', KEYS[1], text, 'PXAT', expires_at)
    else
      text = pack_counters()
      redis.call('SET', KEYS[1], text, 'KEEPTTL')
    end
  end
  return struct.pack('<BBdd', status, bits, now, deadline) .. (middle or '') .. text
end
