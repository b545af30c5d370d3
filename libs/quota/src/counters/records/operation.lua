-- What is remembered of an operation, so that it is charged once.
--
-- open operation  = OPEN, deadline d, hold
-- ended operation = ENDED, outcome B, then charges: id B, charged d, overrun d
-- tag = OPEN or ENDED; hold = the member of the holds; outcome = a status
-- charge = the id of a limit that was charged or overrun, units charged, units beyond the limit
-- None of these functions captures a variable: then making it costs next to nothing (see shared/columns.lua).
local OPEN <const> = 'o'
local ENDED <const> = 'e'
-- An operation that was spent and has no charges to tell.
local SPENT_MEMORY <const> = 'e\4'
local CHARGE_BYTES <const> = 17

-- Deadline and hold of a remembered operation that was held and has not been ended, else nil.
local function parse_open(memory)
  if not memory or string.sub(memory, 1, 1) ~= OPEN then return end
  return struct.unpack('<d', memory, 2), string.sub(memory, 10)
end

local function pack_open(deadline, member)
  return OPEN .. struct.pack('<d', deadline) .. member
end

local function pack_charge(id, charged, overrun)
  return struct.pack('<Bdd', id, charged, overrun)
end
