-- Sets a cost aside until the operation's end.

-- An amount on a window that the hold has already joins it, and on a bucket too, as of the earlier time.
local function add_entry(entries, id, kind, amount, mark)
  for e = 1, #entries, 4 do
    if entries[e] == id and entries[e + 1] == kind and (entries[e + 3] == mark or kind % 16 == 5) then
      entries[e + 2] = entries[e + 2] + amount
      return
    end
  end
  local e = #entries
  entries[e + 1], entries[e + 2], entries[e + 3], entries[e + 4] = id, kind, amount, mark
end

-- Puts the whole cost on the limits as held and adds it to the entries of a hold.
local function hold(entries)
  dirty = true
  for i = 1, n do
    local cost, kind = costs[i], kinds[i]
    if cost > 0 then
      local mark = marks[i]
      if kind == 5 then
        local rate = rates[i]
        if rate > 0 then mark = mark + math.floor(used[i] / rate) end
        used[i] = math.min(MAX, used[i] + cost * periods[i])
      else
        held[i] = math.min(MAX, held[i] + cost)
      end
      add_entry(entries, ids[i], kind + (kind ~= 7 and lapse_charges[i] * 16 or 0), cost, mark)
    end
  end
end

-- Writes the hold and the memory of its operation; `replaced` is the member that this hold had so far.
local function lease(operation_id, entries, deadline, replaced)
  local member = pack_hold(operation_id, entries)
  redis.call('SET', KEYS[3], 'o' .. struct.pack('<d', deadline) .. member, 'PX', deadline - now + memory_ms)
  redis.call('ZADD', KEYS[2], deadline, member)
  if replaced and replaced ~= member then redis.call('ZREM', KEYS[2], replaced) end
  local is_first = open == 0
  if not replaced then
    if is_first or deadline < next_expiry then next_expiry = deadline end
    open = open + 1
  end
  local outlasts = deadline > holds_until
  -- A minute ahead, so that the key's expiry is set at most once a minute.
  if outlasts then holds_until = deadline + 60000 end
  if outlasts or is_first then redis.call('PEXPIREAT', KEYS[2], holds_until + KEY_SLACK_MS) end
  dirty = true
end
