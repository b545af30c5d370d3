-- What has become of an operation, and how a reply tells it.
--
-- @include answer.lua
-- @include ../records/operation.lua

-- What has become of a remembered operation, its deadline, and its member of holds while it is open.
local function outcome_of(memory)
  if not memory then return UNKNOWN, 0 end
  local deadline, member = parse_open(memory)
  if not deadline then return string.byte(memory, 2), 0 end
  if deadline > now and redis.call('ZSCORE', KEYS[2], member) then return HELD, deadline, member end
  return EXPIRED, deadline
end

-- `charged` and `overrun` are by the id of the limit.
local function pack_ended(outcome, charged, overrun)
  local parts = { ENDED .. string.char(outcome) }
  for i = 1, n do
    local id = ids[i]
    local units, over = charged[id] or 0, overrun[id] or 0
    if units > 0 or over > 0 then parts[#parts + 1] = pack_charge(id, units, over) end
  end
  return table.concat(parts)
end

-- The charges of an ended operation as a reply tells them: for each limit of the plan.
local function reply_charges(memory)
  local charged, overrun, values = {}, {}, {}
  if memory and string.sub(memory, 1, 1) == ENDED then
    for at = 3, #memory, CHARGE_BYTES do
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

-- The first answer again; nothing moves.
local function repeated(memory)
  local outcome, deadline = outcome_of(memory)
  return answer(outcome, REPEATED + HAS_CHARGES, deadline, reply_charges(memory))
end

-- The answer to a verb that finds no open hold: what has become of it.
local function not_held(outcome, deadline, memory)
  local bits = outcome == UNKNOWN and HAS_CHARGES or HAS_CHARGES + REPEATED
  return answer(outcome, bits, deadline, reply_charges(memory))
end

-- Of a named operation that is charged at once: what is remembered of an earlier call, or nil, and then, unless this one
-- is refused, it is remembered as spent.
local function remembered(is_refused)
  if (ARGV[2] or '') == '' then return end
  if is_refused then return redis.call('GET', KEYS[3]) or nil end
  if redis.call('SET', KEYS[3], SPENT_MEMORY, 'NX', 'PX', memory_ms) then return end
  return redis.call('GET', KEYS[3])
end
