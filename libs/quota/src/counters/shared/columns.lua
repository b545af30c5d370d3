-- The long way: the plan and the counters, a table for each column, checked before anything is written. The first n places
-- of a column are the limits of the plan, in its order. `dirty` tells that the counters have moved.
-- A script sets `least_cost` first: -1 where a cost may be left open, else 0.
-- From here on there are functions. Each is made again in every call, and pays for each variable that it captures: about
-- as much as a line of a loop. So no function stands before a short way, and the long way has few of them.
--
-- @include ../records/counters.lua
local costs, limits, periods, rates, lapses = {}, {}, {}, {}, {}
local used, held, ids, kinds = {}, {}, {}, {}
local marks = { struct.unpack('<' .. column, packed, marks_from) }
local dirty = false

local rest = { struct.unpack('<' .. string.rep('d', n + n) .. string.rep('B', n), ARGV[1], plan[n * 2 + 8]) }
for i = 1, n do
  local cost, limit, period, rate = plan[costs_at + i], plan[limits_at + i], rest[i], rest[i + n]
  local kind = string.byte(plan_shape, i * 2)
  local is_cost = cost >= least_cost and cost <= MAX and cost % 1 == 0
  local is_limit = limit >= 0 and limit <= MAX and limit % 1 == 0
  local is_rate = rate >= 0 and rate <= MAX and rate % 1 == 0 and period >= 0 and period % 1 == 0
  local is_kind = kind >= MINUTE and kind <= CONCURRENCY and (kind ~= BUCKET or limit * period <= MAX)
  if not (is_cost and is_limit and is_rate and is_kind) then
    return redis.error_reply('QUOTA number is out of range')
  end
  costs[i], limits[i], periods[i], rates[i], lapses[i] = cost, limit, period, rate, rest[i + n + n]
end
for i = 1, slots do
  used[i], held[i] = counters[used_at + i], counters[held_at + i]
  ids[i], kinds[i] = string.byte(shape, i * 2 - 1, i * 2)
end

-- Brings the counters into the order of the plan; a limit that is new, or of another kind now, starts at 0. Where others are
-- left over this is done each time, so that they go in the end.
if shape ~= plan_shape then
  local places, old, is_planned = {}, { ids, kinds, marks, used, held }, {}
  for i = 1, slots do places[ids[i]] = i end
  ids, kinds, marks, used, held = {}, {}, {}, {}, {}
  local function take(place)
    local i = #ids + 1
    ids[i], kinds[i], marks[i], used[i], held[i] =
      old[1][place], old[2][place], old[3][place], old[4][place], old[5][place]
  end
  for i = 1, n do
    local id, kind = string.byte(plan_shape, i * 2 - 1, i * 2)
    local place = places[id]
    if place and not is_planned[id] and old[2][place] == kind then
      take(place)
    else
      ids[i], kinds[i], marks[i], used[i], held[i] = id, kind, 0, 0, 0
    end
    is_planned[id] = true
  end
  for place = 1, slots do
    local kind, mark = old[2][place], old[3][place]
    local counts = kind > LAST_WINDOW and (old[4][place] > 0 or old[5][place] > 0)
    -- A window that is just over may run again: clocks step back.
    if not is_planned[old[1][place]] and (counts or mark + KEY_SLACK_MS > now) then take(place) end
  end
  slots = #ids
  local parts = {}
  for i = 1, slots do parts[i] = string.char(ids[i], kinds[i]) end
  shape = table.concat(parts)
end
