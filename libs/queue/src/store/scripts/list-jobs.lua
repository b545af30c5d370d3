#!lua flags=no-writes
-- list-jobs: looks up the live and dead jobs of a tenant, newest first in each sort
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
-- ARGV[1] tenant_id whose
-- ARGV[2] limit jobs of each sort
--
-- Returns a list of packed views (records/view.lua)
-- Cost: O(log jobs + limit). Single slot.

-- @include ../shared/whole.lua
-- @include ../records/tenant.lua
-- @include ../records/view.lua

local tenant_id, limit = ARGV[1], whole(ARGV[2])
local views = {}
local function collect(key, from, to, id_at)
  for _, member in ipairs(redis.call('ZREVRANGEBYLEX', key, '(' .. to, '[' .. from, 'LIMIT', 0, limit)) do
    views[#views + 1] = view_job(string.sub(member, id_at))
  end
end

local tenant = load_tenant(tenant_id)
if tenant then
  local prefix, next_prefix = tenant_prefix(tenant.number), tenant_prefix(tenant.number + 1)
  collect(LINES, prefix, next_prefix, 15)
  collect(ASIDE, prefix, next_prefix, 7)
end
local prefix = dead_prefix(tenant_id)
collect(DEAD_JOBS, prefix, prefix .. '\255', #prefix + 1)
return views
