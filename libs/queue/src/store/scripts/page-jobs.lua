#!lua flags=no-writes
-- page-jobs: looks up jobs of a tenant in one place, in order, from where the page before ended
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
-- ARGV[2] place where they stand, by its letter
-- ARGV[3] after what the page before gave as its end; empty = from the start
-- ARGV[4] limit jobs
--
-- Returns {end of this page, empty = nothing follows; then packed views (records/view.lua)}
-- Cost: O(log jobs + limit). Single slot.

-- @include ../shared/whole.lua
-- @include ../records/tenant.lua
-- @include ../records/view.lua

-- Names: place
local PLACE_WAITING <const> = 'w'
local PLACE_RUNNING <const> = ASIDE_RUNNING
local PLACE_DELAYED <const> = ASIDE_DELAYED
local PLACE_DEAD <const> = 'x'

local tenant_id, place, after, limit = ARGV[1], ARGV[2], ARGV[3], whole(ARGV[4])

-- The set in which jobs of this place stand, what their members begin with, and how far their ids are behind that.
local function section()
  if place == PLACE_DEAD then return DEAD_JOBS, dead_prefix(tenant_id), 0 end
  local tenant = load_tenant(tenant_id)
  if not tenant then return end
  local prefix = tenant_prefix(tenant.number)
  if place == PLACE_WAITING then return LINES, prefix, 9 end
  return ASIDE, prefix .. place, 0
end

local key, prefix, id_behind = section()
if not key then return { '' } end
local from = after == '' and '[' .. prefix or '(' .. prefix .. after
-- What follows the prefix is a priority, a sequence or an id: none begins with eight such bytes.
local members = redis.call('ZRANGEBYLEX', key, from, '(' .. prefix .. string.rep('\255', 8), 'LIMIT', 0, limit + 1)
local answer = { '' }
for index = 1, math.min(#members, limit) do
  answer[index + 1] = view_job(string.sub(members[index], #prefix + id_behind + 1))
end
if #members > limit then answer[1] = string.sub(members[limit], #prefix + 1) end
return answer
