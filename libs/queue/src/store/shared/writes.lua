-- Writes to one key for many jobs, gathered into one call: a call costs more than what it does for one job.
local gathered = {}

local function gather(name, command, key, first, second)
  local call = gathered[name]
  if not call then
    call = { command, key }
    gathered[name] = call
  end
  call[#call + 1] = first
  if second then call[#call + 1] = second end
end

local function write_gathered(name)
  local call = gathered[name]
  if not call then return end
  gathered[name] = nil
  redis.call(unpack(call))
end

local function write_all_gathered()
  for name in pairs(gathered) do
    write_gathered(name)
  end
end
