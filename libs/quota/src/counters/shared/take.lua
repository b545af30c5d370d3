-- Puts a cost on the limits: charged at once, or set aside until the operation's end.
--
-- @include operations.lua
-- @include decide.lua

-- Puts the whole cost on the limits as used; concurrency is not touched.
local function charge()
  dirty = true
  for i = 1, n do
    local cost, kind = costs[i], kinds[i]
    if cost > 0 and kind ~= CONCURRENCY then
      if kind == BUCKET then cost = cost * periods[i] end
      used[i] = math.min(MAX, used[i] + cost)
    end
  end
end

-- An amount on a window that the hold has already joins it, and on a bucket too, as of the earlier time.
local function add_entry(entries, id, kind, amount, mark)
  for e = 1, #entries, ENTRY do
    if entries[e] == id and entries[e + KIND] == kind
      and (entries[e + MARK] == mark or kind % CHARGED_ON_LAPSE == BUCKET) then
      entries[e + AMOUNT] = entries[e + AMOUNT] + amount
      return
    end
  end
  local e = #entries + 1
  entries[e], entries[e + KIND], entries[e + AMOUNT], entries[e + MARK] = id, kind, amount, mark
end

-- Puts the whole cost on the limits as held and adds it to the entries of a hold.
local function hold(entries)
  dirty = true
  for i = 1, n do
    local cost, kind = costs[i], kinds[i]
    if cost > 0 then
      local mark = marks[i]
      if kind == BUCKET then
        local rate = rates[i]
        if rate > 0 then mark = mark + math.floor(used[i] / rate) end
        used[i] = math.min(MAX, used[i] + cost * periods[i])
      else
        held[i] = math.min(MAX, held[i] + cost)
      end
      local is_charged = kind ~= CONCURRENCY and lapses[i] == LAPSE_CHARGES
      add_entry(entries, ids[i], is_charged and kind + CHARGED_ON_LAPSE or kind, cost, mark)
    end
  end
end

-- Writes the hold and the memory of its operation; `replaced` is the member that this hold had so far.
local function lease(operation_id, entries, deadline, replaced)
  local member = pack_hold(operation_id, entries)
  redis.call('SET', KEYS[3], pack_open(deadline, member), 'PX', deadline - now + memory_ms)
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
