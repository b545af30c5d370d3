-- What is remembered of an operation, so that it is charged once.
--
-- open  = 'o', deadline d, the member of holds
-- ended = 'e', outcome B, then for each limit that was charged or overrun: id B, charged d, overrun d
-- outcome = 1 held, 4 spent, 5 settled, 6 cancelled, 7 expired, 8 unknown
local HELD, SPENT, SETTLED, CANCELLED, EXPIRED, UNKNOWN = 1, 4, 5, 6, 7, 8

-- What has become of a remembered operation, its deadline, and its member of holds while it is open.
local function outcome_of(memory)
  if not memory then return UNKNOWN, 0 end
  if string.sub(memory, 1, 1) == 'e' then return string.byte(memory, 2), 0 end
  local deadline = struct.unpack('<d', memory, 2)
  local member = string.sub(memory, 10)
  if deadline > now and redis.call('ZSCORE', KEYS[2], member) then return HELD, deadline, member end
  return EXPIRED, deadline
end

-- Charged and overrun units of an ended operation, for each limit of the plan.
local function pack_charges(memory)
  local charged, overrun, values = {}, {}, {}
  if memory and string.sub(memory, 1, 1) == 'e' then
    for at = 3, #memory, 17 do
      local id, units, over = struct.unpack('<Bdd', memory, at)
      charged[id], overrun[id] = units, over
    end
  end
  for i = 1, n do
    local id = ids[i]
    values[i * 2 - 1], values[i * 2] = charged[id] or 0, overrun[id] or 0
  end
  return struct.pack('<' .. string.rep('dd', n), unpack(values))
end

local function ended(outcome, charged, overrun)
  local parts = { 'e' .. string.char(outcome) }
  for i = 1, n do
    local id = ids[i]
    local units, over = charged[id] or 0, overrun[id] or 0
    if units > 0 or over > 0 then parts[#parts + 1] = struct.pack('<Bdd', id, units, over) end
  end
  return table.concat(parts)
end

-- The first answer again; nothing moves.
local function repeated(memory)
  local outcome, deadline = outcome_of(memory)
  return answer(outcome, 5, deadline, pack_charges(memory))
end
