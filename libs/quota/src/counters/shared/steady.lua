-- Whether all is as the last call left it: the same limits, windows that run, no lease to end. Then the script's short
-- way may do, which builds nothing that only other cases need; what it does not cover goes the long way, which agrees.
local open = c[slots + 2]
local steady = not is_new and c[slots * 2 + 7] == p[n * 2 + 7] and now < c[slots + 6]
  and (open == 0 or now < c[slots + 3])
