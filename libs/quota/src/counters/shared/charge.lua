-- Charges a cost at once.

-- Puts the whole cost on the limits as used; concurrency is not touched.
local function charge()
  dirty = true
  for i = 1, n do
    local cost, kind = p[i * 7], p[i * 7 - 5]
    if cost > 0 and kind ~= 7 then
      if kind == 5 then cost = cost * p[i * 7 - 1] end
      s[i * 5 - 1] = math.min(MAX, s[i * 5 - 1] + cost)
    end
  end
end
