-- Brings the counters up to now: buckets leak, windows turn.

-- Lets the bucket of limit `i` leak up to a time.
local function leak(i, to)
  local b = i * 5
  local since = to - s[b - 2]
  if since <= 0 then return end
  local leaked = since * p[i * 7 - 2]
  s[b - 1] = leaked >= s[b - 1] and 0 or s[b - 1] - leaked
  s[b - 2] = to
end

-- Starts the windows that have turned. A window lasts while now < mark, so that its end never moves back with the clock.
local function roll()
  for i = 1, n do
    local b, kind = i * 5, p[i * 7 - 5]
    if kind == 5 then
      leak(i, now)
    elseif kind <= 4 and s[b - 2] <= now then
      local period = p[i * 7 - 1]
      s[b - 2] = kind == 4 and month_end(now) or now - now % period + period
      s[b - 1], s[b] = 0, 0
    end
  end
end
