-- How a worker says that a run ended.
--
-- Layout: outcome = kind c1, token I7, job_id s1, true_cost I6, time_ms I6, wakes I5, text s4
-- true_cost = 0: as declared, else the cost + 1; time_ms = of RETRY the pause in ms, of PARK until when, 0: until an unpark
-- wakes = of PARK the claim's; text = JSON of the result or the error, of PARK the reason
local OUTCOME_FORMAT <const> = '>c1I7I1I6I6I5I4'

-- Names: outcome
-- A job that ends has the letter of its end instead (ended.lua).
local RETRY <const> = 'r'
local BACK <const> = 'w'
local PARK <const> = 'p'

-- The outcome that begins at `at`, and where the next one does.
local function parse_outcome(packed, at)
  local kind, token, job_id_length, true_cost, time_ms, wakes, text_length, id_at = struct.unpack(OUTCOME_FORMAT, packed, at)
  local text_at = id_at + job_id_length
  local next_at = text_at + text_length
  return {
    kind = kind,
    token = token,
    true_cost = true_cost,
    time_ms = time_ms,
    wakes = wakes,
    id = string.sub(packed, id_at, text_at - 1),
    text = string.sub(packed, text_at, next_at - 1),
    job = false,
    run = false,
  }, next_at
end
