-- The shard's counters and its virtual time, in one string.
local SHARD_FORMAT = '>I7I7I5I7dddI7I1I4'
local now = read_clock()
local shard = {}

local function load_shard()
  local packed = redis.call('GET', SHARD)
  if packed then
    shard.sequence, shard.token, shard.tenant_number, shard.entries, shard.clock, shard.pending, shard.ready_weight, shard.bytes, shard.paused, shard.parked =
      struct.unpack(SHARD_FORMAT, packed)
  else
    -- Tokens begin at the time, so that those of a memory that was lost stay smaller.
    shard.sequence, shard.token, shard.tenant_number, shard.entries = 0, now * 1000, 0, 0
    shard.clock, shard.pending, shard.ready_weight, shard.bytes = 0, 0, 0, 0
    shard.paused, shard.parked = 0, 0
  end
end

local function save_shard()
  redis.call(
    'SET',
    SHARD,
    struct.pack(
      SHARD_FORMAT,
      shard.sequence,
      shard.token,
      shard.tenant_number,
      shard.entries,
      shard.clock,
      shard.pending,
      shard.ready_weight,
      shard.bytes,
      shard.paused,
      shard.parked
    )
  )
end
