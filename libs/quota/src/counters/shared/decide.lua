-- Which limits this cost does not fit.

-- The numbers of the limits that are violated, or nil. A concurrency limit is asked only where the cost is held.
local function decide(is_held)
  local violated
  for i = 1, n do
    local cost = p[i * 7]
    if cost > 0 then
      local b, kind, limit = i * 5, p[i * 7 - 5], p[i * 7 - 3]
      local fits = true
      if kind == 5 then
        fits = cost <= limit and s[b - 1] <= (limit - cost) * p[i * 7 - 1]
      elseif kind ~= 7 or is_held then
        fits = s[b - 1] + s[b] + cost <= limit
      end
      if not fits then
        violated = violated or {}
        violated[i] = true
      end
    end
  end
  return violated
end
