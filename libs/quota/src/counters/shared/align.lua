-- Brings the counters into the order of the plan; a limit that is new, or of another kind now, starts at 0.
local function align(wanted)
  local places, old, is_known = {}, { ids, kinds, marks, used, held }, {}
  for i = 1, slots do places[ids[i]] = i end
  ids, kinds, marks, used, held = {}, {}, {}, {}, {}
  local function take(place)
    local i = #ids + 1
    ids[i], kinds[i], marks[i], used[i], held[i] =
      old[1][place], old[2][place], old[3][place], old[4][place], old[5][place]
  end
  for i = 1, n do
    local id, kind = string.byte(wanted, i * 2 - 1, i * 2)
    local place = places[id]
    if place and not is_known[id] and old[2][place] == kind then
      take(place)
    else
      ids[i], kinds[i], marks[i], used[i], held[i] = id, kind, 0, 0, 0
    end
    is_known[id] = true
  end
  for place = 1, slots do
    local counts = old[2][place] > 4 and (old[4][place] > 0 or old[5][place] > 0)
    -- A window that is just over may run again: clocks step back.
    if not is_known[old[1][place]] and (counts or old[3][place] + KEY_SLACK_MS > now) then take(place) end
  end
  slots = #ids
  local parts = {}
  for i = 1, slots do parts[i] = string.char(ids[i], kinds[i]) end
  shape = table.concat(parts)
end

-- Where others are left over they are looked at anew, so that they go in the end.
if shape ~= p[n * 2 + 7] then align(p[n * 2 + 7]) end
