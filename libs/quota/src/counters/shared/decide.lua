-- Which limits this cost does not fit, and from when on it would.
local WALK = 128

-- The numbers of the limits that are violated, or nil. A concurrency limit is asked only where the cost is held.
local function decide(is_held)
  local violated
  for i = 1, n do
    local cost = p[i * 7]
    if cost > 0 then
      local b, kind, limit = i * 5, p[i * 7 - 5], p[i * 7 - 3]
      local fits = true
      if kind == 5 then
        fits = cost <= limit and s[b - 1] <= (limit - cost) * p[i * 7 - 1]
      elseif kind ~= 7 or is_held then
        fits = s[b - 1] + s[b] + cost <= limit
      end
      if not fits then
        violated = violated or {}
        violated[i] = true
      end
    end
  end
  return violated
end

-- What bucket `i` needs: it leaks, and holds that lapse give back.
local function bucket_fits_at(i, holds)
  local rate, period = p[i * 7 - 2], p[i * 7 - 1]
  local target = (p[i * 7 - 3] - p[i * 7]) * period
  local at, level = s[i * 5 - 2], s[i * 5 - 1]
  local function leaks_at() return rate > 0 and at + math.ceil((level - target) / rate) or math.huge end
  for h = 1, #holds, 2 do
    local lapse = tonumber(holds[h + 1])
    local leaked_at = leaks_at()
    if leaked_at <= lapse then return leaked_at end
    if lapse > at then
      level = math.max(0, level - (lapse - at) * rate)
      at = lapse
    end
    local entries = parse_hold(holds[h])
    for e = 1, #entries, 4 do
      if entries[e] == p[i * 7 - 6] and entries[e + 1] == 5 then
        local left = entries[e + 2] * period - math.max(0, lapse - entries[e + 3]) * rate
        level = math.max(0, level - math.max(0, left))
      end
    end
    if level <= target then return lapse end
  end
  local leaked_at = leaks_at()
  return leaked_at < math.huge and leaked_at or -1
end

-- Earliest time at which limit `i` takes its cost if nothing else happens; -1 never.
local function fits_at(i, holds)
  local b, kind, limit, cost = i * 5, p[i * 7 - 5], p[i * 7 - 3], p[i * 7]
  if cost > limit then return -1 end
  if kind == 5 then return bucket_fits_at(i, holds) end
  local mark = s[b - 2]
  local lacking = s[b - 1] + s[b] + cost - limit
  for h = 1, #holds, 2 do
    local lapse = tonumber(holds[h + 1])
    if kind <= 4 and lapse >= mark then return mark end
    local entries = parse_hold(holds[h])
    for e = 1, #entries, 4 do
      if entries[e] == p[i * 7 - 6] and entries[e + 1] == kind and entries[e + 3] == mark then
        lacking = lacking - entries[e + 2]
      end
    end
    if lacking <= 0 then return lapse end
  end
  if kind <= 4 then return mark end
  -- Past the walk only a bound is known: by then every lease is over.
  return (#holds == WALK * 2 and s[b - 1] + cost <= limit) and holds_until or -1
end

-- For each limit of the plan: 0 where it is not violated, else the time at which the cost fits, or -1.
local function pack_retries(violated)
  local holds = open > 0 and redis.call('ZRANGE', KEYS[2], 0, WALK - 1, 'WITHSCORES') or {}
  local times = {}
  for i = 1, n do times[i] = violated[i] and fits_at(i, holds) or 0 end
  return struct.pack('<' .. string.rep('d', n), unpack(times))
end

-- Puts the whole cost on the limits as used; concurrency is not touched.
local function charge()
  dirty = true
  for i = 1, n do
    local cost, kind = p[i * 7], p[i * 7 - 5]
    if cost > 0 and kind ~= 7 then
      if kind == 5 then cost = cost * p[i * 7 - 1] end
      s[i * 5 - 1] = math.min(MAX, s[i * 5 - 1] + cost)
    end
  end
end

-- An amount on a window that the hold has already joins it, and on a bucket too, as of the earlier time.
local function add_entry(entries, id, kind, amount, mark)
  for e = 1, #entries, 4 do
    if entries[e] == id and entries[e + 1] == kind and (entries[e + 3] == mark or kind % 16 == 5) then
      entries[e + 2] = entries[e + 2] + amount
      return
    end
  end
  local e = #entries
  entries[e + 1], entries[e + 2], entries[e + 3], entries[e + 4] = id, kind, amount, mark
end

-- Puts the whole cost on the limits as held and adds it to the entries of a hold.
local function hold(entries)
  dirty = true
  for i = 1, n do
    local cost, kind = p[i * 7], p[i * 7 - 5]
    if cost > 0 then
      local b, mark = i * 5, s[i * 5 - 2]
      if kind == 5 then
        local rate = p[i * 7 - 2]
        if rate > 0 then mark = mark + math.floor(s[b - 1] / rate) end
        s[b - 1] = math.min(MAX, s[b - 1] + cost * p[i * 7 - 1])
      else
        s[b] = math.min(MAX, s[b] + cost)
      end
      add_entry(entries, p[i * 7 - 6], kind + (kind ~= 7 and p[i * 7 - 4] * 16 or 0), cost, mark)
    end
  end
end
