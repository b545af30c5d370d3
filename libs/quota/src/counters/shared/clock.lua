-- The one clock of a decision: Redis time in ms. Read once: it moves between two calls of one script.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
