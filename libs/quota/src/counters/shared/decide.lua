-- Which limits this cost does not fit.

-- The numbers of the limits that are violated, or nil. A concurrency limit is asked only where the cost is held.
local function decide(is_held)
  local violated
  for i = 1, n do
    local cost = costs[i]
    if cost > 0 then
      local kind, limit = kinds[i], limits[i]
      local fits = true
      if kind == 5 then
        fits = cost <= limit and used[i] <= (limit - cost) * periods[i]
      elseif kind ~= 7 or is_held then
        fits = used[i] + held[i] + cost <= limit
      end
      if not fits then
        violated = violated or {}
        violated[i] = true
      end
    end
  end
  return violated
end
