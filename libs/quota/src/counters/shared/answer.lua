-- Writes the counters where they moved, and answers.
--
-- @include sweep.lua

-- When everything here will have ended by itself; math.huge: never.
local function over_at()
  local last = holds_until
  for i = 1, slots do
    local kind, mark, units = kinds[i], marks[i], used[i]
    if kind <= LAST_WINDOW then
      if mark > last then last = mark end
    elseif kind == LEVEL then
      if units > 0 or held[i] > 0 then return math.huge end
    elseif kind == BUCKET and units > 0 then
      local rate = rates[i] or 0
      if rate == 0 then return math.huge end
      last = math.max(last, mark + math.ceil(units / rate))
    end
  end
  return math.max(last, now)
end

-- When the first of the windows ends; 0 where there is a bucket.
local function first_turn()
  local first = math.huge
  for i = 1, slots do
    if kinds[i] == BUCKET then return 0 end
    if kinds[i] <= LAST_WINDOW and marks[i] < first then first = marks[i] end
  end
  return first
end

local function pack_counters()
  local format = '<' .. string.rep('d', slots)
  return VERSION_BYTE .. struct.pack(format, unpack(used, 1, slots))
    .. struct.pack('<' .. COUNTS, open, next_expiry, holds_until, expires_at, first_turn())
    .. struct.pack(format, unpack(held, 1, slots)) .. string.char(#shape) .. shape
    .. struct.pack(format, unpack(marks, 1, slots))
end

-- `section` = the retries or the charges.
local function answer(status, bits, deadline, section)
  local expiry, time
  if dirty then
    local over = over_at()
    if over == math.huge then
      expires_at = 0
    elseif is_new or expires_at < over + KEY_SLACK_MS / 2 then
      expires_at = over + KEY_SLACK_MS
      expiry, time = 'PXAT', expires_at
    else
      expiry = 'KEEPTTL'
    end
  end
  local text = pack_counters()
  if time then
    redis.call('SET', KEYS[1], text, expiry, time)
  elseif expiry then
    redis.call('SET', KEYS[1], text, expiry)
  elseif dirty then
    redis.call('SET', KEYS[1], text)
  end
  return struct.pack(REPLY_HEAD, status, bits, now, deadline) .. (section or '') .. text
end
