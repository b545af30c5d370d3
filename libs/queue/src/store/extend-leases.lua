#!lua flags=allow-oom
-- extend-leases: keeps runs alive
--
-- KEYS[1] shard   string; counters and virtual time
-- KEYS[2] jobs    hash; live jobs by id
-- KEYS[3] runs    hash; what changes while a job lives, by id
-- KEYS[4] tenants hash; tags and counts by tenant id
-- KEYS[5] lines   zset by member; waiting jobs in the order of their lines
-- KEYS[6] ready   zset; tenants that may run, by tag
-- KEYS[7] due     zset; what becomes due by itself, by time
-- KEYS[8] leases  zset; running jobs by deadline
-- KEYS[9] aside   zset by member; running and delayed jobs by tenant
-- KEYS[10] drained zset; tenants without work, by tag
-- KEYS[11] dedupe  hash; job id by tenant and key
-- KEYS[12] ended   hash; ended jobs by id
-- KEYS[13] endings zset; ended jobs by when they are forgotten
-- KEYS[14] dead    zset by member; dead jobs by tenant
-- KEYS[15] wake    list; hints for idle workers
-- ARGV[1] lease_ms from now
-- ARGV[2] runs packed: see extend-leases.ts
--
-- Returns one byte per run: 0 lease lost, 1 extended, 2 extended and asked to cancel
-- Cost: O(runs × log leases). Single slot.

-- @include shared/keys.lua
-- @include shared/whole.lua
-- @include shared/writes.lua
-- @include shared/clock.lua
-- @include shared/shard.lua
-- @include shared/tenant.lua
-- @include shared/job.lua
-- @include shared/run.lua

local lease_ms, runs = whole(ARGV[1]), ARGV[2]
local codes = {}
local at = 1
while at <= #runs do
  local token, id_length
  token, id_length, at = struct.unpack('>I7I1', runs, at)
  local id = string.sub(runs, at, at + id_length - 1)
  at = at + id_length
  local run = load_run(id)
  local is_held = run.state == 1 and run.token == token
  if is_held then redis.call('ZADD', LEASES, 'XX', now + lease_ms, id) end
  codes[#codes + 1] = string.char(is_held and 1 + run.cancelled or 0)
end
return table.concat(codes)
