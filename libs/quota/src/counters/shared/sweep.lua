-- Ends what ended by itself since the last call, before anything is decided.
local SWEEP = 64

-- Ends at most SWEEP holds whose lease is over; the calls that follow end the rest.
local function sweep()
  if open == 0 or now < next_expiry then return end
  local found = redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE', 'LIMIT', 0, SWEEP, 'WITHSCORES')
  local members = {}
  for f = 1, #found, 2 do
    local member, at = found[f], tonumber(found[f + 1])
    local entries = parse_hold(member)
    for e = 1, #entries, 4 do
      local kind = entries[e + 1]
      local units = 0
      if kind >= 16 then
        kind = kind - 16
        units = entries[e + 2]
      end
      end_entry(entries[e], kind, entries[e + 2], entries[e + 3], units, at)
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
