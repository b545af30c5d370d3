-- Redis time: the clocks of workers disagree. Read once a script, since TIME may differ between two calls.
local function read_clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
