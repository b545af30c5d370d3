-- Ends the hold of an operation: `settled` with the true cost, or `cancelled` with none.

-- Charges what the true cost has beyond the hold, as far as the limit allows; observing, all of it.
local function charge_rest(i, rest, is_past, charged, overrun)
  local id, kind, limit = ids[i], kinds[i], limits[i]
  -- The window that admitted the operation is over: its counter is gone, and the next one owes nothing.
  if is_past then
    charged[id] = charged[id] + rest
    return
  end
  local room = limit - used[i] - held[i]
  if kind == 5 then room = math.floor((limit * periods[i] - used[i]) / periods[i]) end
  room = math.max(0, room)
  local units = observing and rest or math.min(rest, room)
  used[i] = math.min(MAX, used[i] + units * (kind == 5 and periods[i] or 1))
  charged[id] = (charged[id] or 0) + units
  overrun[id] = math.max(0, rest - room)
end

local function close(outcome)
  local memory = redis.call('GET', KEYS[3])
  local found, deadline, member = outcome_of(memory)
  if found ~= HELD then return answer(found, found == UNKNOWN and 4 or 5, deadline, pack_charges(memory)) end
  redis.call('ZREM', KEYS[2], member)
  dirty = true
  local entries, rest, last_mark, charged, overrun = parse_hold(member), {}, {}, {}, {}
  for i = 1, n do rest[ids[i]] = costs[i] end
  for e = 1, #entries, 4 do
    local id, kind, amount, mark = entries[e], entries[e + 1] % 16, entries[e + 2], entries[e + 3]
    local units = amount
    if outcome == CANCELLED then
      units = 0
    elseif rest[id] and rest[id] >= 0 then
      units = math.min(rest[id], amount)
      rest[id] = rest[id] - units
    end
    end_entry(id, kind, amount, mark, units, now)
    last_mark[id] = mark
    if kind ~= 7 then charged[id] = (charged[id] or 0) + units end
  end
  recount(open - 1)
  if outcome == SETTLED then
    for i = 1, n do
      local id, kind = ids[i], kinds[i]
      if rest[id] > 0 and kind ~= 7 then
        local is_past = kind <= 4 and last_mark[id] and last_mark[id] ~= marks[i]
        charge_rest(i, rest[id], is_past, charged, overrun)
      end
    end
  end
  memory = ended(outcome, charged, overrun)
  redis.call('SET', KEYS[3], memory, 'PX', memory_ms)
  return answer(outcome, 4, 0, pack_charges(memory))
end
