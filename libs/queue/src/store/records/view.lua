-- A job as it can be looked up.
--
-- Layout: live view = kind I1, job_id s1, due_ms I6, run b2, record b4
-- Layout: ended view = kind I1, job_id s1, ended b4
-- due_ms = when its delay ends, or 0; run, record, ended = the records of these names, run is empty before the first
--
-- @include ../shared/keys.lua
local LIVE_VIEW_FORMAT <const> = '>I1I1I6I2I4'
local ENDED_VIEW_FORMAT <const> = '>I1I1I4'

-- Names: view kind
local VIEW_UNKNOWN <const> = 0
local VIEW_LIVE <const> = 1
local VIEW_ENDED <const> = 2

local function view_job(id)
  local record = redis.call('HGET', JOBS, id)
  if record then
    local run = redis.call('HGET', RUNS, id) or ''
    local due_ms = tonumber(redis.call('ZSCORE', DUE, DUE_JOB .. id) or '0')
    return struct.pack(LIVE_VIEW_FORMAT, VIEW_LIVE, #id, due_ms, #run, #record) .. id .. run .. record
  end
  local ended = redis.call('HGET', ENDED_JOBS, id)
  if ended then return struct.pack(ENDED_VIEW_FORMAT, VIEW_ENDED, #id, #ended) .. id .. ended end
  return string.char(VIEW_UNKNOWN)
end
