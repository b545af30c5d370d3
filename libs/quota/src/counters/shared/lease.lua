-- Writes an open hold and the memory of its operation.

-- `replaced` is the member that this hold had so far.
local function lease(operation_id, entries, deadline, replaced)
  local member = pack_hold(operation_id, entries)
  redis.call('SET', KEYS[3], 'o' .. struct.pack('<d', deadline) .. member, 'PX', deadline - now + memory_ms)
  redis.call('ZADD', KEYS[2], deadline, member)
  if replaced and replaced ~= member then redis.call('ZREM', KEYS[2], replaced) end
  if not replaced then
    if open == 0 or deadline < next_expiry then next_expiry = deadline end
    open = open + 1
  end
  -- A minute ahead, so that the key's expiry is set at most once a minute.
  if deadline > holds_until then
    holds_until = deadline + 60000
    redis.call('PEXPIREAT', KEYS[2], holds_until + KEY_SLACK_MS)
  end
  dirty = true
end
