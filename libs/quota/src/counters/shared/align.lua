-- Brings the slots into the order of the plan; a limit that is new, or of another kind now, starts at 0.
local function align()
  local old, left = s, {}
  for at = 1, slots * 5, 5 do left[old[at]] = at end
  s = {}
  for i = 1, n do
    local id, kind = p[i * 7 - 6], p[i * 7 - 5]
    local at = left[id]
    left[id] = nil
    local known = at and old[at + 1] == kind
    for offset = 0, 4 do s[i * 5 - 4 + offset] = known and old[at + offset] or 0 end
    s[i * 5 - 4], s[i * 5 - 3] = id, kind
  end
  for at = 1, slots * 5, 5 do
    local counts = old[at + 1] > 4 and (old[at + 3] > 0 or old[at + 4] > 0)
    -- A window that is just over may run again: clocks step back.
    if left[old[at]] == at and (counts or old[at + 2] + KEY_SLACK_MS > now) then
      for offset = 0, 4 do s[#s + 1] = old[at + offset] end
    end
  end
  slots = #s / 5
end

for i = 1, n do
  if s[i * 5 - 4] ~= p[i * 7 - 6] or s[i * 5 - 3] ~= p[i * 7 - 5] then
    align()
    break
  end
end
