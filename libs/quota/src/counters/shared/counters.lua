-- Turns, aligns and writes the counters that shared/load.lua has read.
-- Brings the slots into the order of the plan; a limit that is new, or of another kind now, starts at 0.
local function align()
  local old, left = s, {}
  for at = 1, slots * 5, 5 do left[old[at]] = at end
  s = {}
  for i = 1, n do
    local id, kind = p[i * 7 - 6], p[i * 7 - 5]
    local at = left[id]
    left[id] = nil
    local known = at and old[at + 1] == kind
    for offset = 0, 4 do s[i * 5 - 4 + offset] = known and old[at + offset] or 0 end
    s[i * 5 - 4], s[i * 5 - 3] = id, kind
  end
  for at = 1, slots * 5, 5 do
    local counts = old[at + 1] > 4 and (old[at + 3] > 0 or old[at + 4] > 0)
    -- A window that is just over may run again: clocks step back.
    if left[old[at]] == at and (counts or old[at + 2] + KEY_SLACK_MS > now) then
      for offset = 0, 4 do s[#s + 1] = old[at + offset] end
    end
  end
  slots = #s / 5
end

for i = 1, n do
  if s[i * 5 - 4] ~= p[i * 7 - 6] or s[i * 5 - 3] ~= p[i * 7 - 5] then
    align()
    break
  end
end

-- Lets the bucket of limit `i` leak up to a time.
local function leak(i, to)
  local b = i * 5
  local since = to - s[b - 2]
  if since <= 0 then return end
  local leaked = since * p[i * 7 - 2]
  s[b - 1] = leaked >= s[b - 1] and 0 or s[b - 1] - leaked
  s[b - 2] = to
end

-- Starts the windows that have turned. A window lasts while now < mark, so that its end never moves back with the clock.
local function roll()
  for i = 1, n do
    local b, kind = i * 5, p[i * 7 - 5]
    if kind == 5 then
      leak(i, now)
    elseif kind <= 4 and s[b - 2] <= now then
      local period = p[i * 7 - 1]
      s[b - 2] = kind == 4 and month_end(now) or now - now % period + period
      s[b - 1], s[b] = 0, 0
    end
  end
end

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
