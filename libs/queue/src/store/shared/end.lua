-- The end of a job: every way out goes through here.
--
-- @include line.lua
-- @include ../records/ended.lua
local TRIMMED_PER_END <const> = 3
local ended_now = {}

local function forget_ended(id)
  local packed = redis.call('HGET', ENDED_JOBS, id)
  redis.call('HDEL', ENDED_JOBS, id)
  redis.call('ZREM', ENDINGS, id)
  if packed and is_dead(packed) then
    local job = parse_job(id, record_of_ended(packed))
    redis.call('ZREM', DEAD_JOBS, dead_prefix(job.tenant_id) .. id)
  end
end

-- Once a script: tells those who wait which jobs have ended (a JSON array of state and id, in one message). It also forgets
-- ended jobs whose time is over, and the oldest of too many; at least `at_least` are looked at.
local function conclude_ends(max_ended, at_least)
  if #ended_now > 0 then redis.call('PUBLISH', ENDS, cjson.encode(ended_now)) end
  local most = math.max(TRIMMED_PER_END * #ended_now, at_least or 0)
  if most == 0 then return end
  local over = redis.call('ZCARD', ENDINGS) - max_ended
  local oldest = redis.call('ZRANGE', ENDINGS, 0, most - 1, 'WITHSCORES')
  for index = 1, #oldest, 2 do
    if tonumber(oldest[index + 1]) > now and over <= 0 then return end
    forget_ended(oldest[index])
    over = over - 1
  end
end

-- keep: { ended_ms, dead_ms, max_ended }
local function keep_ended(job, run, state, outcome, keep)
  local keep_ms = state == DEAD and keep.dead_ms or keep.ended_ms
  if keep_ms == 0 then return end
  local record = job.record
  if state == DEAD then
    redis.call('ZADD', DEAD_JOBS, 0, dead_prefix(job.tenant_id) .. job.id)
  else
    -- Without the payload.
    local name_length, name_at = struct.unpack(BODY_FORMAT, record, job.body_at)
    record = string.sub(record, 1, name_at + name_length - 1)
  end
  redis.call('HSET', ENDED_JOBS, job.id, pack_ended(state, now, run, outcome, record))
  redis.call('ZADD', ENDINGS, now + keep_ms, job.id)
end

local function remove_job(tenant, job)
  unwatch_expiry(job)
  gather('jobs_gone', 'HDEL', JOBS, job.id)
  gather('runs_gone', 'HDEL', RUNS, job.id)
  if job.dedupe_key ~= '' then redis.call('HDEL', DEDUPE, tenant_prefix(tenant.number) .. job.dedupe_key) end
  local size = #job.record + #job.id
  tenant.bytes = tenant.bytes - size
  shard.bytes = shard.bytes - size
end

local function end_job(tenant, job, run, state, outcome, keep)
  remove_job(tenant, job)
  keep_ended(job, run, state, outcome, keep)
  ended_now[#ended_now + 1] = state .. job.id
end
