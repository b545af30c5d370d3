#!lua flags=allow-oom
-- purge-tenant: removes jobs of a tenant that do not run, asks `limit` of the others to stop, forgets its dead
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
-- ARGV[1] tenant_id which
-- ARGV[2] limit jobs of each sort
-- ARGV[3] tells 1 = answers with the jobs removed, 0 = counts them only
--
-- Returns packed {more 0|1, removed}, then where asked for the jobs removed as claims (records/claim.lua)
-- Cost: O(limit × log jobs). Single slot.

-- @include ../shared/whole.lua
-- @include ../shared/fair.lua
-- @include ../records/run.lua
-- @include ../shared/end.lua

-- Layout: purged = more I1, removed I4
local PURGED_FORMAT <const> = '>I1I4'

local tenant_id, limit, tells = ARGV[1], whole(ARGV[2]), tonumber(ARGV[3]) == YES
load_shard()
local tenant = load_tenant(tenant_id)
local removed = 0
local claims = {}
local seen = 0

local function members(key, from, to)
  local found = redis.call('ZRANGEBYLEX', key, '[' .. from, '(' .. to, 'LIMIT', 0, limit)
  return found
end

local function purge(id)
  local job = load_job(id)
  if not leave_line(tenant, job) then undelay_job(tenant, job) end
  if tells then claims[#claims + 1] = pack_claim(tenant, job, load_run(id)) end
  remove_job(tenant, job)
  removed = removed + 1
end

if tenant then
  local prefix, next_prefix = tenant_prefix(tenant.number), tenant_prefix(tenant.number + 1)
  local waiting = members(LINES, prefix, next_prefix)
  for _, member in ipairs(waiting) do
    purge(string.sub(member, LINE_ID_AT))
  end
  local delayed = members(ASIDE, prefix .. ASIDE_DELAYED, prefix .. BEHIND_DELAYED)
  for _, member in ipairs(delayed) do
    purge(string.sub(member, ASIDE_ID_AT))
  end
  for _, member in ipairs(members(ASIDE, prefix .. ASIDE_RUNNING, prefix .. BEHIND_RUNNING)) do
    local id = string.sub(member, ASIDE_ID_AT)
    local run = load_run(id)
    run.cancelled = YES
    save_run(id, run)
    redis.call('PUBLISH', CANCELS, id)
  end
  write_all_gathered()
  seen = math.max(#waiting, #delayed)
  place(tenant)
end
local prefix = dead_prefix(tenant_id)
local dead = members(DEAD_JOBS, prefix, prefix .. '\255')
for _, member in ipairs(dead) do
  forget_ended(string.sub(member, #prefix + 1))
end
save_tenants()
save_shard()
local more = math.max(seen, #dead) == limit
return struct.pack(PURGED_FORMAT, more and YES or NO, removed) .. table.concat(claims)
