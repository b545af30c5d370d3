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
-- ARGV[2] runs packed: their tokens and ids
--
-- Returns one byte for each run: its lease code
-- Cost: O(runs × log leases). Single slot.

-- @include ../shared/whole.lua
-- @include ../records/shard.lua
-- @include ../records/run.lua

-- Names: lease code
local LEASE_LOST <const> = 0
local LEASE_HELD <const> = 1
local LEASE_CANCELLED <const> = 2

-- Layout: leased run = token I7, job_id s1
local LEASED_RUN_FORMAT <const> = '>I7I1'

local lease_ms, runs = whole(ARGV[1]), ARGV[2]

local function extend(id, token)
  local run = load_run(id)
  if not has_lease(run, token) then return LEASE_LOST end
  redis.call('ZADD', LEASES, 'XX', now + lease_ms, id)
  return run.cancelled == YES and LEASE_CANCELLED or LEASE_HELD
end

local codes = {}
local at = 1
while at <= #runs do
  local token, job_id_length, id_at = struct.unpack(LEASED_RUN_FORMAT, runs, at)
  at = id_at + job_id_length
  codes[#codes + 1] = string.char(extend(string.sub(runs, id_at, at - 1), token))
end
return table.concat(codes)
