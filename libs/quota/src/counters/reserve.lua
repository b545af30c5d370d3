#!lua
-- reserve: set a cost aside on every limit at once, or on none.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
-- KEYS[3] operation  string; expires with the memory of the operation
--
-- ARGV[1] plan          the limits, and for each what is asked (records/plan.lua)
-- ARGV[2] operation_id  the operation's name
-- ARGV[3] seed          counters where Redis has none; empty: answer cold instead; left out: start at zero
--
-- Returns the reply (records/reply.lua), with retries or charges; status denied, held, cold or stale
-- Cost: O(limits + log holds); 5 calls, now and then 8. A denial adds O(holds), at most 128. Single slot.
local least_cost = 0
local takes_slots = true

-- @include records/counters.lua
-- @include records/hold.lua
-- @include records/operation.lua

-- The short way: room in each limit, and a lease within what the keys' expiries reckon with. A level keeps its key for
-- ever once it holds something, so it goes the long way.
local deadline = now + lease_ms
local entries, e = {}, 1
local is_usual = is_steady and lease_ms >= 1 and deadline <= holds_until
if is_usual then
  local tail = string.sub(ARGV[1], -n) .. string.sub(packed, -n * 8)
  local lapses_and_marks = { struct.unpack('<' .. string.rep('B', n) .. column, tail) }
  for i = 1, n do
    local cost, limit = plan[costs_at + i], plan[limits_at + i]
    if cost ~= 0 then
      local id, kind = string.byte(plan_shape, i * 2 - 1, i * 2)
      local fits = counters[used_at + i] + counters[held_at + i] + cost <= limit
      if not (fits and cost > 0 and limit <= MAX and cost % 1 == 0) or kind == LEVEL then
        is_usual = false
        break
      end
      if kind ~= CONCURRENCY and lapses_and_marks[i] == LAPSE_CHARGES then kind = kind + CHARGED_ON_LAPSE end
      entries[e], entries[e + KIND], entries[e + AMOUNT], entries[e + MARK] = id, kind, cost, lapses_and_marks[n + i]
      e = e + ENTRY
    end
  end
end
if is_usual then
  local member = pack_hold(ARGV[2], entries)
  if redis.call('SET', KEYS[3], pack_open(deadline, member), 'NX', 'PX', lease_ms + memory_ms) then
    redis.call('ZADD', KEYS[2], deadline, member)
    if open == 0 then redis.call('PEXPIREAT', KEYS[2], holds_until + KEY_SLACK_MS) end
    for i = 1, n do counters[held_at + i] = counters[held_at + i] + plan[costs_at + i] end
    if open == 0 or deadline < next_expiry then counters[next_expiry_at] = deadline end
    counters[open_at] = open + 1
    local moved = struct.pack('<' .. COUNTS .. column, unpack(counters, open_at, held_at + n))
    redis.call('SETRANGE', KEYS[1], open_byte, moved)
    return struct.pack(REPLY_HEAD, HELD, 0, now, deadline)
      .. string.sub(packed, 1, open_byte) .. moved .. string.sub(packed, shape_byte + 1)
  end
end
-- @include shared/deny.lua

-- The long way.
-- @include shared/take.lua

if lease_ms < 1 then return redis.error_reply('QUOTA lease is out of range') end
local memory = redis.call('GET', KEYS[3])
if memory then return repeated(memory) end
local violated = decide(true)
if violated and not observing then return denied(violated) end
local bits, retries = observed(violated)
entries = {}
hold(entries)
lease(ARGV[2], entries, deadline)
return answer(HELD, bits, deadline, retries)
