-- Ends the hold of an operation. A script sets `outcome` first: SETTLED, with the true cost, or CANCELLED, where the costs
-- are 0.
--
-- @include ../records/counters.lua
-- @include ../records/hold.lua
-- @include ../records/operation.lua

-- The short way: the windows that were charged still run, the hold has not lapsed, and the true cost is within it.

-- What each entry of the hold gives back and charges, as a list of: limit, amount, units charged, whether it is
-- concurrency; nil: the short way does not do.
local function ends_of(member)
  local entries, marks = parse_hold(member), { struct.unpack('<' .. column, packed, marks_from) }
  local ends, i = {}, 0
  for e = 1, #entries, ENTRY do
    local kind, amount = entries[e + KIND], entries[e + AMOUNT]
    i = i + 1
    -- Limits that the hold has nothing of, and so must not be asked anything.
    while i <= n and string.byte(shape, i * 2 - 1) ~= entries[e] do
      if plan[costs_at + i] > 0 then return end
      i = i + 1
    end
    if i > n then return end
    local units = plan[costs_at + i]
    if units == -1 then units = amount end
    local is_within = units >= 0 and units <= amount and units % 1 == 0
    if kind % CHARGED_ON_LAPSE == LEVEL or marks[i] ~= entries[e + MARK] or not is_within then return end
    ends[e], ends[e + 1], ends[e + 2], ends[e + 3] = i, amount, units, kind == CONCURRENCY
  end
  for rest = i + 1, n do
    if plan[costs_at + rest] > 0 then return end
  end
  return ends
end

local memory = is_steady and open > 0 and redis.call('GET', KEYS[3])
local deadline, member = parse_open(memory)
if deadline and deadline > now then
  local ends = ends_of(member)
  if ends and redis.call('ZREM', KEYS[2], member) == 1 then
    local charges, ended = {}, ENDED .. string.char(outcome)
    for i = 1, n + n do charges[i] = 0 end
    for e = 1, #ends, 4 do
      local i, amount, units, is_concurrency = ends[e], ends[e + 1], ends[e + 2], ends[e + 3]
      counters[held_at + i] = math.max(0, counters[held_at + i] - amount)
      if not is_concurrency and units > 0 then
        counters[used_at + i] = math.min(MAX, counters[used_at + i] + units)
        charges[i * 2 - 1] = units
        ended = ended .. pack_charge(string.byte(shape, i * 2 - 1), units, 0)
      end
    end
    counters[open_at] = open - 1
    -- Without holds nothing is held, whatever was lost with them.
    for i = 1, open == 1 and n or 0 do counters[held_at + i] = 0 end
    redis.call('SET', KEYS[3], ended, 'PX', memory_ms)
    local moved = struct.pack('<' .. column .. COUNTS .. column, unpack(counters, used_at + 1, held_at + n))
    redis.call('SETRANGE', KEYS[1], USED_BYTE, moved)
    return struct.pack(REPLY_HEAD, outcome, HAS_CHARGES, now, 0)
      .. struct.pack('<' .. string.rep('dd', n), unpack(charges))
      .. VERSION_BYTE .. moved .. string.sub(packed, shape_byte + 1)
  end
end

-- The long way.
-- @include operations.lua

-- Charges what the true cost has beyond the hold, as far as the limit allows; observing, all of it.
local function charge_rest(i, rest, is_past, charged, overrun)
  local id, kind, limit = ids[i], kinds[i], limits[i]
  -- The window that admitted the operation is over: its counter is gone, and the next one owes nothing.
  if is_past then
    charged[id] = charged[id] + rest
    return
  end
  local room = limit - used[i] - held[i]
  if kind == BUCKET then room = math.floor((limit * periods[i] - used[i]) / periods[i]) end
  room = math.max(0, room)
  local units = observing and rest or math.min(rest, room)
  used[i] = math.min(MAX, used[i] + units * (kind == BUCKET and periods[i] or 1))
  charged[id] = (charged[id] or 0) + units
  overrun[id] = math.max(0, rest - room)
end

local function close()
  local memory = redis.call('GET', KEYS[3])
  local found, deadline, member = outcome_of(memory)
  if found ~= HELD then return not_held(found, deadline, memory) end
  redis.call('ZREM', KEYS[2], member)
  dirty = true
  local entries, rest, last_mark, charged, overrun = parse_hold(member), {}, {}, {}, {}
  for i = 1, n do rest[ids[i]] = costs[i] end
  for e = 1, #entries, ENTRY do
    local id, amount, mark = entries[e], entries[e + AMOUNT], entries[e + MARK]
    local kind = entries[e + KIND] % CHARGED_ON_LAPSE
    local units = amount
    if outcome == CANCELLED then
      units = 0
    elseif rest[id] and rest[id] >= 0 then
      units = math.min(rest[id], amount)
      rest[id] = rest[id] - units
    end
    end_entry(id, kind, amount, mark, units, now)
    last_mark[id] = mark
    if kind ~= CONCURRENCY then charged[id] = (charged[id] or 0) + units end
  end
  recount(open - 1)
  if outcome == SETTLED then
    for i = 1, n do
      local id, kind = ids[i], kinds[i]
      if rest[id] > 0 and kind ~= CONCURRENCY then
        local is_past = kind <= LAST_WINDOW and last_mark[id] and last_mark[id] ~= marks[i]
        charge_rest(i, rest[id], is_past, charged, overrun)
      end
    end
  end
  memory = pack_ended(outcome, charged, overrun)
  redis.call('SET', KEYS[3], memory, 'PX', memory_ms)
  return answer(outcome, HAS_CHARGES, 0, reply_charges(memory))
end
