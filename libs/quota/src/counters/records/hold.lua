-- An open hold: a member of the sorted set `holds`, with the end of its lease as score. It tells all that ending it needs.
--
-- hold = length B of the operation id, the operation id, then entries: id B, kind B, amount d, mark d
-- entry = the limit's id, its kind (+ CHARGED_ON_LAPSE), the amount, the mark: the window that was charged; of a bucket
-- the time from which this very amount leaks
-- In a table the entries stand one after the other: entries[e] is an id, entries[e + KIND] the kind of the same entry.
local ENTRY <const> = 4
local KIND <const> = 1
local AMOUNT <const> = 2
local MARK <const> = 3
local ENTRY_FORMAT <const> = 'BBdd'
local ENTRY_BYTES <const> = 18
local CHARGED_ON_LAPSE <const> = 16

local function parse_hold(member)
  local _, at = struct.unpack('<Bc0', member)
  local entries = { struct.unpack('<' .. string.rep(ENTRY_FORMAT, (#member - at + 1) / ENTRY_BYTES), member, at) }
  entries[#entries] = nil
  return entries
end

local function pack_hold(operation_id, entries)
  local format = '<Bc0' .. string.rep(ENTRY_FORMAT, #entries / ENTRY)
  return struct.pack(format, #operation_id, operation_id, unpack(entries))
end
