-- What is kept of a job that has ended.
--
-- Layout: ended = state I1, finished_at_ms I6, started_at_ms I6, attempts I2, outcome s4, record b*
-- state = the byte of a letter; outcome = JSON of the result or the error; record = the job, with its payload while dead
local ENDED_FORMAT <const> = '>I1I6I6I2I4'

-- Names: end
local SUCCEEDED <const> = 's'
local DEAD <const> = 'd'
local CANCELLED <const> = 'c'
local EXPIRED <const> = 'x'

local function pack_ended(state, finished_at_ms, run, outcome, record)
  return struct.pack(ENDED_FORMAT, string.byte(state), finished_at_ms, run.started_at_ms, run.attempts, #outcome)
    .. outcome .. record
end

local function is_dead(packed)
  return string.byte(packed) == string.byte(DEAD)
end

-- The record of the job.
local function record_of_ended(packed)
  local _, _, _, _, outcome_length, at = struct.unpack(ENDED_FORMAT, packed)
  return string.sub(packed, at + outcome_length)
end
