-- Brings the counters up to now: buckets leak, windows turn.
--
-- @include columns.lua
-- @include calendar.lua

-- Lets the bucket of limit `i` leak up to a time.
local function leak(i, to)
  local since = to - marks[i]
  if since <= 0 then return end
  local leaked = since * rates[i]
  used[i] = leaked >= used[i] and 0 or used[i] - leaked
  marks[i] = to
end

-- Starts the windows that have turned. A window lasts while now < mark, so that its end never moves back with the clock.
local function roll()
  for i = 1, n do
    local kind = kinds[i]
    if kind == BUCKET then
      leak(i, now)
    elseif kind <= LAST_WINDOW and marks[i] <= now then
      local period = periods[i]
      marks[i] = kind == MONTH and month_end(now) or now - now % period + period
      used[i], held[i] = 0, 0
    end
  end
end
