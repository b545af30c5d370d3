-- Tenants, loaded once a script and saved at its end. Tables are made with all their fields at once: one that grows is
-- rehashed again and again, which costs more than a call of Redis.
--
-- Layout: tenant = number I5, tag d, floor d, gap d, weight I4, period I5, waiting I4, delayed I4, bytes I7, line_cost I7,
--   cap I4, paused I1, capped I1, drained I1, parked_until d, entry I7, wakes I5, reason s*
--
-- @include shard.lua
-- @include ../shared/writes.lua
local TENANT_FORMAT <const> = '>I5dddI4I5I4I4I7I7I4I1I1I1dI7I5'
local INFINITY = math.huge
local tenants = {}

-- What members that belong to a tenant begin with.
local function tenant_prefix(number)
  return struct.pack('>I5', number)
end

-- Whether the tenant is in line for a turn.
local function is_ready(tenant)
  return tenant.entry > 0
end

local function is_parked(tenant)
  return tenant.parked_until > 0
end

local function is_held(tenant)
  return tenant.paused == YES or tenant.capped == YES or tenant.parked_until > 0
end

-- It has jobs, and none of them may run now.
local function has_parked_jobs(entry, jobs)
  return entry == 0 and jobs > 0
end

-- `packed` spares the reading of it.
local function load_tenant(id, packed)
  local tenant = tenants[id]
  if tenant ~= nil then return tenant or nil end
  packed = packed or redis.call('HGET', TENANTS, id)
  if not packed then return nil end
  local number, tag, floor, gap, weight, period, waiting, delayed, bytes, line_cost, cap, paused, capped, drained,
    parked_until, entry, wakes, reason_at = struct.unpack(TENANT_FORMAT, packed)
  tenant = {
    id = id,
    number = number,
    tag = tag,
    floor = floor,
    gap = gap,
    weight = weight,
    period = period,
    waiting = waiting,
    delayed = delayed,
    bytes = bytes,
    line_cost = line_cost,
    cap = cap,
    paused = paused,
    capped = capped,
    drained = drained,
    parked_until = parked_until,
    entry = entry,
    wakes = wakes,
    reason = string.sub(packed, reason_at),
    was_parked = has_parked_jobs(entry, waiting + delayed),
    member = '',
    left = false,
    heads = false,
  }
  tenants[id] = tenant
  return tenant
end

-- Reads all of them in one call.
local function load_tenants(ids)
  local unread, is_known = {}, {}
  for _, id in ipairs(ids) do
    if tenants[id] == nil and not is_known[id] then
      is_known[id] = true
      unread[#unread + 1] = id
    end
  end
  if #unread == 0 then return end
  local records = redis.call('HMGET', TENANTS, unpack(unread))
  for index, id in ipairs(unread) do
    if records[index] then load_tenant(id, records[index]) else tenants[id] = false end
  end
end

local function meet_tenant(id)
  local tenant = load_tenant(id)
  if tenant then return tenant end
  shard.tenant_number = shard.tenant_number + 1
  tenant = {
    id = id,
    number = shard.tenant_number,
    tag = 0,
    floor = 0,
    gap = 0,
    weight = 1,
    period = 0,
    waiting = 0,
    delayed = 0,
    bytes = 0,
    line_cost = 0,
    cap = 0,
    paused = NO,
    capped = NO,
    drained = NO,
    parked_until = 0,
    entry = 0,
    wakes = 0,
    reason = '',
    was_parked = false,
    member = '',
    left = false,
    heads = false,
  }
  tenants[id] = tenant
  return tenant
end

local function pack_tenant(tenant)
  return struct.pack(
    TENANT_FORMAT,
    tenant.number,
    tenant.tag,
    tenant.floor,
    tenant.gap,
    tenant.weight,
    tenant.period,
    tenant.waiting,
    tenant.delayed,
    tenant.bytes,
    tenant.line_cost,
    tenant.cap,
    tenant.paused,
    tenant.capped,
    tenant.drained,
    tenant.parked_until,
    tenant.entry,
    tenant.wakes
  ) .. tenant.reason
end

local function save_tenants()
  for id, tenant in pairs(tenants) do
    if tenant then
      local is_parked = has_parked_jobs(tenant.entry, tenant.waiting + tenant.delayed)
      if is_parked ~= tenant.was_parked then shard.parked = shard.parked + (is_parked and 1 or -1) end
      gather('tenants', 'HSET', TENANTS, id, pack_tenant(tenant))
    end
  end
  write_gathered('tenants')
end

-- The leases are the only count of what runs.
local function running_of(tenant)
  write_gathered('stopped')
  write_gathered('started')
  return redis.call(
    'ZLEXCOUNT',
    ASIDE,
    '[' .. tenant_prefix(tenant.number) .. ASIDE_RUNNING,
    '(' .. tenant_prefix(tenant.number) .. BEHIND_RUNNING
  )
end
