#!lua flags=no-writes
-- know-jobs: tells of each job whether the queue knows it, and how it stands
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
-- ARGV[1] ids packed: see know-jobs.ts
--
-- Returns a letter for each id: its standing, or the state of its end (records/ended.lua)
-- Cost: O(ids). Single slot.

-- @include ../records/run.lua

-- Names: standing
local STANDING_UNKNOWN <const> = 'u'
local STANDING_WAITING <const> = 'w'
local STANDING_RUNNING <const> = 'r'

local ids = ARGV[1]

local function standing(id)
  if redis.call('HEXISTS', JOBS, id) == 1 then return is_running(load_run(id)) and STANDING_RUNNING or STANDING_WAITING end
  local ended = redis.call('HGET', ENDED_JOBS, id)
  return ended and string.sub(ended, 1, 1) or STANDING_UNKNOWN
end

local letters = {}
local at = 1
while at <= #ids do
  local length = string.byte(ids, at)
  letters[#letters + 1] = standing(string.sub(ids, at + 1, at + length))
  at = at + 1 + length
end
return table.concat(letters)
