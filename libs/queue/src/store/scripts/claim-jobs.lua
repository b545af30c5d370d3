#!lua flags=allow-oom
-- claim-jobs: leases up to `limit` jobs to a worker, in fair order
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
-- ARGV[1] limit jobs
-- ARGV[2] lease_ms how long the worker may be silent
-- ARGV[3] max_running in all; 0 = no cap
-- ARGV[4] max_tenant_running of one tenant; 0 = no cap
--
-- Returns packed claims (records/claim.lua)
-- Cost: O(limit × log jobs). Single slot.

-- @include ../shared/whole.lua
-- @include ../shared/claim.lua

local claims = {}
load_shard()
local more = claim_jobs(whole(ARGV[1]), whole(ARGV[2]), whole(ARGV[3]), whole(ARGV[4]), claims)
save_tenants()
save_shard()
return answer_claims(more, claims, whole(ARGV[1]))
