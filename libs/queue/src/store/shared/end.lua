-- The end of a job: every way out goes through here. States: s succeeded, d dead, c cancelled, x expired.
local ENDED_FORMAT = '>I1I6I6I2I4'
local TRIMMED_PER_END = 3
local ended_now = {}

local function forget_ended(id)
  local packed = redis.call('HGET', ENDED, id)
  redis.call('HDEL', ENDED, id)
  redis.call('ZREM', ENDINGS, id)
  if packed and string.byte(packed) == string.byte('d') then
    local _, _, _, _, size, at = struct.unpack(ENDED_FORMAT, packed)
    local tenant_length = struct.unpack('>I2', packed, at + size + 36)
    local tenant_id = string.sub(packed, at + size + JOB_BYTES, at + size + JOB_BYTES + tenant_length - 1)
    redis.call('ZREM', DEAD, struct.pack('>I2', #tenant_id) .. tenant_id .. id)
  end
end

-- Once a script: tells who waits for them which jobs have ended (a JSON array of state and id, in one message), and forgets ended
-- jobs whose time is over and the oldest of too many; `at_least` where none ended now.
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
  local keep_ms = state == 'd' and keep.dead_ms or keep.ended_ms
  if keep_ms > 0 then
    local record = job.record
    if state ~= 'd' then
      record = string.sub(record, 1, job.body_at + string.byte(record, job.body_at))
    else
      redis.call('ZADD', DEAD, 0, struct.pack('>I2', #job.tenant_id) .. job.tenant_id .. job.id)
    end
    local head = struct.pack(ENDED_FORMAT, string.byte(state), now, run.started_at, run.attempts, #outcome)
    redis.call('HSET', ENDED, job.id, head .. outcome .. record)
    redis.call('ZADD', ENDINGS, now + keep_ms, job.id)
  end
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
