-- Open holds: a sorted set by the end of their lease. A member tells all that is needed to end it:
--
-- member = length B, operation id, then for each limit: id B, kind B (+ 16: charged on expiry), amount d, mark d
-- mark = the window that was charged; of a bucket the time from which this very amount leaks

local function parse_hold(member)
  local _, at = struct.unpack('<Bc0', member)
  local entries = { struct.unpack('<' .. string.rep('BBdd', (#member - at + 1) / 18), member, at) }
  entries[#entries] = nil
  return entries
end

local function pack_hold(operation_id, entries)
  return struct.pack('<Bc0' .. string.rep('BBdd', #entries / 4), #operation_id, operation_id, unpack(entries))
end

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
  if kind == 5 then
    if i <= n and units < amount then
      leak(i, at)
      refund(i, amount - units, amount, mark, at)
    end
  elseif marks[i] == mark then
    held[i] = math.max(0, held[i] - amount)
    if kind ~= 7 then used[i] = math.min(MAX, used[i] + units) end
  end
end

-- Counts the holds anew after some have gone. Without holds nothing is held, whatever was lost with them.
local function recount(count)
  open = math.max(0, count)
  if open > 0 then return end
  for i = 1, slots do held[i] = 0 end
end
