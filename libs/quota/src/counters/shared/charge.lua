-- Charges a cost at once.

-- Puts the whole cost on the limits as used; concurrency is not touched.
local function charge()
  dirty = true
  for i = 1, n do
    local cost, kind = costs[i], kinds[i]
    if cost > 0 and kind ~= 7 then
      if kind == 5 then cost = cost * periods[i] end
      used[i] = math.min(MAX, used[i] + cost)
    end
  end
end
