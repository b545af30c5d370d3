-- The shard's counters and its virtual time, in one string.
--
-- Layout: shard = sequence I7, token I7, tenant_number I5, entries I7, clock d, pending d, ready_weight d, bytes I7,
--   paused I1, parked I4
--
-- @include ../shared/keys.lua
-- @include ../shared/clock.lua
local SHARD_FORMAT <const> = '>I7I7I5I7dddI7I1I4'
local now = read_clock()
local shard = {}

local function load_shard()
  local packed = redis.call('GET', SHARD)
  if packed then
    shard.sequence, shard.token, shard.tenant_number, shard.entries, shard.clock, shard.pending, shard.ready_weight,
      shard.bytes, shard.paused, shard.parked =
      struct.unpack(SHARD_FORMAT, packed)
  else
    -- Tokens begin at the time, so that those of a memory that was lost stay smaller.
    shard.sequence, shard.token, shard.tenant_number, shard.entries = 0, now * 1000, 0, 0
    shard.clock, shard.pending, shard.ready_weight, shard.bytes = 0, 0, 0, 0
    shard.paused, shard.parked = NO, 0
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
