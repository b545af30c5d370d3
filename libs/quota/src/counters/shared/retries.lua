-- From when on a cost that was refused would fit.
local WALK = 128

-- What bucket `i` needs: it leaks, and holds that lapse give back.
local function bucket_fits_at(i, holds)
  local rate, period = rates[i], periods[i]
  local target = (limits[i] - costs[i]) * period
  local at, level = marks[i], used[i]
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
      if entries[e] == ids[i] and entries[e + 1] == 5 then
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
  local kind, limit, cost = kinds[i], limits[i], costs[i]
  if cost > limit then return -1 end
  if kind == 5 then return bucket_fits_at(i, holds) end
  local mark = marks[i]
  local lacking = used[i] + held[i] + cost - limit
  for h = 1, #holds, 2 do
    local lapse = tonumber(holds[h + 1])
    if kind <= 4 and lapse >= mark then return mark end
    local entries = parse_hold(holds[h])
    for e = 1, #entries, 4 do
      if entries[e] == ids[i] and entries[e + 1] == kind and entries[e + 3] == mark then
        lacking = lacking - entries[e + 2]
      end
    end
    if lacking <= 0 then return lapse end
  end
  if kind <= 4 then return mark end
  -- Past the walk only a bound is known: by then every lease is over.
  return (#holds == WALK * 2 and used[i] + cost <= limit) and holds_until or -1
end

-- For each limit of the plan: 0 where it is not violated, else the time at which the cost fits, or -1.
local function pack_retries(violated)
  local holds = open > 0 and redis.call('ZRANGE', KEYS[2], 0, WALK - 1, 'WITHSCORES') or {}
  local times = {}
  for i = 1, n do times[i] = violated[i] and fits_at(i, holds) or 0 end
  return struct.pack('<' .. string.rep('d', n), unpack(times))
end

-- A denial moved nothing and is not remembered: the same operation may ask again.
local function denied(violated)
  return answer(0, 2, 0, pack_retries(violated))
end
