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

-- @include ../shared/whole.lua

local WAITS = KEYS[1]
local now_ms, expire_ms = whole(ARGV[1]), whole(ARGV[2])
local max_tenants, counts = whole(ARGV[3]), ARGV[4]
local BUCKET_BYTES = 5

-- Counts are kept as they come: a bucket's number and its jobs, for each bucket that has any.
local function sum_of(packed, added)
  local jobs = {}
  for at = 1, #packed, BUCKET_BYTES do
    local bucket, count = struct.unpack('>I1I4', packed, at)
    jobs[bucket] = count
  end
  for at = 1, #added, BUCKET_BYTES do
    local bucket, count = struct.unpack('>I1I4', added, at)
    jobs[bucket] = (jobs[bucket] or 0) + count
  end
  local sum = {}
  for bucket, count in pairs(jobs) do
    sum[#sum + 1] = struct.pack('>I1I4', bucket, count)
  end
  return table.concat(sum)
end

redis.call('HSETNX', WAITS, 'since', string.format('%.0f', now_ms))
local fields, added = {}, {}
local at = 1
while at <= #counts do
  local length, id_at = struct.unpack('>I2', counts, at)
  local buckets, counts_at = struct.unpack('>I1', counts, id_at + length)
  at = counts_at + buckets * BUCKET_BYTES
  fields[#fields + 1] = 't' .. string.sub(counts, id_at, id_at + length - 1)
  added[#added + 1] = string.sub(counts, counts_at, at - 1)
end

local room = max_tenants - redis.call('HLEN', WAITS)
local written = { 'HSET', WAITS }
for index, packed in ipairs(redis.call('HMGET', WAITS, unpack(fields))) do
  if not packed then room = room - 1 end
  if packed or room >= 0 or fields[index] == 't' then
    written[#written + 1] = fields[index]
    written[#written + 1] = packed and sum_of(packed, added[index]) or added[index]
  end
end
if #written > 2 then redis.call(unpack(written)) end
if redis.call('PTTL', WAITS) < 0 then redis.call('PEXPIRE', WAITS, expire_ms) end
return redis.status_reply('OK')
