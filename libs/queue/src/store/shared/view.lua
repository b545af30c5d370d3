-- A job as it can be looked up: {kind 0 unknown, 1 live, 2 ended; due; run; record} or the ended record.
local function view_job(id)
  local record = redis.call('HGET', JOBS, id)
  if record then
    local run = redis.call('HGET', RUNS, id) or ''
    local due = tonumber(redis.call('ZSCORE', DUE, 'j' .. id) or '0')
    return struct.pack('>I1I1I6I2I4', 1, #id, due, #run, #record) .. id .. run .. record
  end
  local ended = redis.call('HGET', ENDED, id)
  if ended then return struct.pack('>I1I1I4', 2, #id, #ended) .. id .. ended end
  return '\0'
end
