-- Ends holds: those whose lease is over, before anything is decided, and the parts of others.
--
-- @include ../records/hold.lua
-- @include roll.lua
local SWEEP <const> = 64

-- Number of the slot of a limit, or nil.
local function slot_of(id)
  for i = 1, slots do
    if ids[i] == id then return i end
  end
end

-- Gives back `units` of a hold's `amount` to bucket `i`; what has leaked since stays spent, or it would be minted.
local function refund(i, units, amount, mark, at)
  local period, rate = periods[i], rates[i]
  local left = amount * period - math.max(0, at - mark) * rate
  local back = math.min(units * period, left)
  if back > 0 then used[i] = math.max(0, used[i] - back) end
end

-- Takes one entry of a hold off its limit; `units` of it are charged, as of time `at`.
local function end_entry(id, kind, amount, mark, units, at)
  local i = slot_of(id)
  if not i or kinds[i] ~= kind then return end
  if kind == BUCKET then
    if i <= n and units < amount then
      leak(i, at)
      refund(i, amount - units, amount, mark, at)
    end
  elseif marks[i] == mark then
    held[i] = math.max(0, held[i] - amount)
    if kind ~= CONCURRENCY then used[i] = math.min(MAX, used[i] + units) end
  end
end

-- Sets the count of holds after some have gone. Without holds nothing is held, whatever was lost with them.
local function recount(count)
  open = math.max(0, count)
  if open > 0 then return end
  for i = 1, slots do held[i] = 0 end
end

-- Ends at most SWEEP holds whose lease is over; the calls that follow end the rest.
local function sweep()
  if open == 0 or now < next_expiry then return end
  local found = redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE', 'LIMIT', 0, SWEEP, 'WITHSCORES')
  local members = {}
  for f = 1, #found, 2 do
    local member, at = found[f], tonumber(found[f + 1])
    local entries = parse_hold(member)
    for e = 1, #entries, ENTRY do
      local kind, amount, units = entries[e + KIND], entries[e + AMOUNT], 0
      if kind >= CHARGED_ON_LAPSE then
        kind = kind - CHARGED_ON_LAPSE
        units = amount
      end
      end_entry(entries[e], kind, amount, entries[e + MARK], units, at)
    end
    members[#members + 1] = member
  end
  if #members > 0 then
    redis.call('ZREM', KEYS[2], unpack(members))
    dirty = true
    recount(redis.call('ZCARD', KEYS[2]))
  end
  if open > 0 then
    local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
    if first then next_expiry = tonumber(first) else recount(0) end
  end
end

sweep()
roll()
