-- Writes the counters where they moved, and answers.

-- When everything here will have ended by itself; math.huge: never.
local function over_at()
  local last = holds_until
  for i = 1, slots do
    local b = i * 5
    local kind, mark, used = s[b - 3], s[b - 2], s[b - 1]
    if kind <= 4 then
      if mark > last then last = mark end
    elseif kind == 6 then
      if used > 0 or s[b] > 0 then return math.huge end
    elseif kind == 5 and used > 0 then
      local rate = i <= n and p[i * 7 - 2] or 0
      if rate == 0 then return math.huge end
      last = math.max(last, mark + math.ceil(used / rate))
    end
  end
  return math.max(last, now)
end

local function pack_counters()
  return struct.pack('<BdddI4' .. string.rep('BBddd', slots), 1, next_expiry, holds_until, expires_at, open, unpack(s))
end

-- Writes the counters where they moved, and answers: status, bits, now, deadline, `middle`, counters.
local function answer(status, bits, deadline, middle)
  local head = struct.pack('<BBdd', status, bits, now, deadline) .. (middle or '')
  if not dirty then return head .. pack_counters() end
  local over = over_at()
  local text
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
  return head .. text
end
