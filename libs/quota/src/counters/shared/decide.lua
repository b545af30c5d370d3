-- Which limits a cost does not fit, and from when on it would.
--
-- @include answer.lua
local WALK <const> = 128

-- The limits that are violated, each true by its number, or nil. A concurrency limit is asked only where the cost is held.
local function decide(is_held)
  local violated
  for i = 1, n do
    local cost = costs[i]
    if cost > 0 then
      local kind, limit = kinds[i], limits[i]
      local fits = true
      if kind == BUCKET then
        fits = cost <= limit and used[i] <= (limit - cost) * periods[i]
      elseif kind ~= CONCURRENCY or is_held then
        fits = used[i] + held[i] + cost <= limit
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
  local rate, period = rates[i], periods[i]
  local target = (limits[i] - costs[i]) * period
  local at, level = marks[i], used[i]
  local function leaks_at() return rate > 0 and at + math.ceil((level - target) / rate) or math.huge end
  for h = 1, #holds, 2 do
    local lapses_at = tonumber(holds[h + 1])
    local leaked_at = leaks_at()
    if leaked_at <= lapses_at then return leaked_at end
    if lapses_at > at then
      level = math.max(0, level - (lapses_at - at) * rate)
      at = lapses_at
    end
    local entries = parse_hold(holds[h])
    for e = 1, #entries, ENTRY do
      if entries[e] == ids[i] and entries[e + KIND] == BUCKET then
        local left = entries[e + AMOUNT] * period - math.max(0, lapses_at - entries[e + MARK]) * rate
        level = math.max(0, level - math.max(0, left))
      end
    end
    if level <= target then return lapses_at end
  end
  local leaked_at = leaks_at()
  return leaked_at < math.huge and leaked_at or NEVER
end

-- Earliest time at which limit `i` takes its cost if nothing else happens.
local function fits_at(i, holds)
  local kind, limit, cost = kinds[i], limits[i], costs[i]
  if cost > limit then return NEVER end
  if kind == BUCKET then return bucket_fits_at(i, holds) end
  local mark = marks[i]
  local lacking = used[i] + held[i] + cost - limit
  for h = 1, #holds, 2 do
    local lapses_at = tonumber(holds[h + 1])
    if kind <= LAST_WINDOW and lapses_at >= mark then return mark end
    local entries = parse_hold(holds[h])
    for e = 1, #entries, ENTRY do
      if entries[e] == ids[i] and entries[e + KIND] == kind and entries[e + MARK] == mark then
        lacking = lacking - entries[e + AMOUNT]
      end
    end
    if lacking <= 0 then return lapses_at end
  end
  if kind <= LAST_WINDOW then return mark end
  -- Past the walk only a bound is known: by then every lease is over.
  return (#holds == WALK * 2 and used[i] + cost <= limit) and holds_until or NEVER
end

-- For each limit of the plan: 0 where it is not violated, else the time at which the cost fits, or NEVER.
local function reply_retries(violated)
  local holds = open > 0 and redis.call('ZRANGE', KEYS[2], 0, WALK - 1, 'WITHSCORES') or {}
  local times = {}
  for i = 1, n do times[i] = violated[i] and fits_at(i, holds) or 0 end
  return struct.pack('<' .. string.rep('d', n), unpack(times))
end

-- A denial moved nothing and is not remembered: the same operation may ask again.
local function denied(violated)
  return answer(DENIED, HAS_RETRIES, 0, reply_retries(violated))
end

-- What is violated though it is allowed, for the answer; made before the counters move.
local function observed(violated)
  if not violated then return 0 end
  return HAS_RETRIES, reply_retries(violated)
end
