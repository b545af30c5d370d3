#!lua
-- record-waits: adds how long jobs waited, by tenant, to the histogram of five minutes
--
-- KEYS[1] waits   hash; `t` and tenant id → counts, `t` alone → of all, `since` → ms since 1970; expires
-- ARGV[1] now_ms   since 1970
-- ARGV[2] expire_ms   when the slot is forgotten
-- ARGV[3] max_tenants   most tenants counted one by one
-- ARGV[4] counts   packed, per tenant: I2 length, id, I1 buckets, then per bucket I1 number, I4 jobs
--
-- Returns OK
-- Cost: O(tenants in counts). Single slot.

local WAITS = KEYS[1]
local now_ms, expire_ms, max_tenants, counts = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local BUCKETS = 32

local function add(id, added)
  local packed = redis.call('HGET', WAITS, id)
  if not packed and redis.call('HLEN', WAITS) >= max_tenants then return end
  packed = packed or string.rep('\0', BUCKETS * 4)
  for bucket, jobs in pairs(added) do
    local at = bucket * 4
    local sum = struct.unpack('>I4', packed, at + 1) + jobs
    packed = string.sub(packed, 1, at) .. struct.pack('>I4', sum) .. string.sub(packed, at + 5)
  end
  redis.call('HSET', WAITS, id, packed)
end

redis.call('HSETNX', WAITS, 'since', now_ms)
local at = 1
while at <= #counts do
  local length, buckets
  length, at = struct.unpack('>I2', counts, at)
  local id = string.sub(counts, at, at + length - 1)
  at = at + length
  buckets, at = struct.unpack('>I1', counts, at)
  local added = {}
  for _ = 1, buckets do
    local bucket, jobs
    bucket, jobs, at = struct.unpack('>I1I4', counts, at)
    added[bucket] = jobs
  end
  add('t' .. id, added)
end
if redis.call('PTTL', WAITS) < 0 then redis.call('PEXPIRE', WAITS, expire_ms) end
return redis.status_reply('OK')
