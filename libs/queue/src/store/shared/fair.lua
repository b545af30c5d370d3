-- The fair policy: the operations of FairSchedule (fairness/fair-schedule.ts), in the same order.
local function ready_member(tenant)
  return string.format('%013.0f', tenant.entry) .. tenant.id
end

local function first_ready()
  local first = redis.call('ZRANGE', READY, 0, 0, 'WITHSCORES')
  if first[1] then return string.sub(first[1], 14), tonumber(first[2]) end
end

local function entry_tag(tenant)
  local _, first_tag = first_ready()
  if not first_tag or shard.clock <= first_tag then return shard.clock end
  local head = load_job(head_of_line(tenant))
  return math.min(shard.clock, first_tag + head.cost / tenant.weight)
end

local function enter(tenant)
  tenant.floor = entry_tag(tenant)
  if tenant.tag < tenant.floor then
    tenant.gap = tenant.floor - tenant.tag
    tenant.tag = tenant.floor
    tenant.period = tenant.period + 1
  end
  shard.entries = shard.entries + 1
  tenant.entry = shard.entries
  shard.ready_weight = shard.ready_weight + tenant.weight
  redis.call('ZADD', READY, tenant.tag, ready_member(tenant))
end

local function leave(tenant)
  redis.call('ZREM', READY, ready_member(tenant))
  shard.ready_weight = shard.ready_weight - tenant.weight
  tenant.entry = 0
end

-- A tag that no entrant can get below any more need not be remembered.
local none_drained = false
local function forget_drained()
  if none_drained then return end
  local oldest = redis.call('ZRANGE', DRAINED, 0, 1, 'WITHSCORES')
  none_drained = not oldest[1]
  if none_drained then return end
  local _, first_tag = first_ready()
  local passed = math.min(shard.clock, first_tag)
  for index = 1, #oldest, 2 do
    if tonumber(oldest[index + 1]) > passed then return end
    redis.call('ZREM', DRAINED, oldest[index])
    redis.call('HDEL', TENANTS, oldest[index])
    tenants[oldest[index]] = false
  end
end

local function charge(tenant, cost)
  local start_tag = tenant.tag
  if shard.pending > 0 then
    shard.clock = shard.clock + shard.pending
    shard.pending = 0
  end
  shard.clock = math.max(shard.clock, start_tag)
  shard.pending = shard.pending + cost / shard.ready_weight
  tenant.tag = start_tag + cost / tenant.weight
  redis.call('ZADD', READY, tenant.tag, ready_member(tenant))
  forget_drained()
end

local function move_tag(tenant, tag)
  tenant.tag = tag
  if tenant.entry > 0 then redis.call('ZADD', READY, tag, ready_member(tenant)) end
end

local function correct_charge(tenant, run, cost, true_cost)
  if run.weight == 0 or true_cost == cost then return end
  local difference = (true_cost - cost) / run.weight
  if run.period == tenant.period then
    move_tag(tenant, math.max(tenant.tag + difference, tenant.floor))
  else
    local owed = difference - tenant.gap
    if owed > 0 then
      move_tag(tenant, tenant.tag + owed)
      tenant.gap = 0
    else
      tenant.gap = -owed
    end
  end
  if shard.ready_weight > 0 then shard.pending = shard.pending + (true_cost - cost) / shard.ready_weight end
end

local function set_weight(tenant, weight)
  if tenant.entry > 0 then shard.ready_weight = shard.ready_weight + weight - tenant.weight end
  tenant.weight = weight
end

local function is_held(tenant)
  return tenant.paused == 1 or tenant.capped == 1 or tenant.parked_until > 0
end

-- Puts the tenant where it belongs after any change: among the ready, held back, or to be forgotten.
-- `runs` spares a look at the leases where the tenant is known to have one.
local function place(tenant, runs)
  local may_run = tenant.waiting > 0 and not is_held(tenant)
  if may_run and tenant.entry == 0 then
    enter(tenant)
  elseif not may_run and tenant.entry > 0 then
    leave(tenant)
  end
  local is_idle = tenant.waiting == 0
    and tenant.delayed == 0
    and tenant.cap == 0
    and not runs
    and not is_held(tenant)
    and running_of(tenant) == 0
  if is_idle and tenant.drained == 0 then
    redis.call('ZADD', DRAINED, tenant.tag, tenant.id)
    none_drained = false
    tenant.drained = 1
  elseif not is_idle and tenant.drained == 1 then
    redis.call('ZREM', DRAINED, tenant.id)
    tenant.drained = 0
  end
end

local function unpark(tenant)
  if tenant.parked_until == 0 then return end
  if tenant.parked_until < INFINITY then redis.call('ZREM', DUE, 't' .. tenant.id) end
  tenant.parked_until = 0
  tenant.reason = ''
end

local function park(tenant, until_ms, reason)
  unpark(tenant)
  tenant.parked_until = until_ms
  tenant.reason = reason
  if until_ms < INFINITY then become_due('t' .. tenant.id, until_ms) end
end

-- Leaves hints for idle workers, each of which takes one away; hints that nobody takes do not pile up.
local MAX_HINTS = 16
local function wake_workers(jobs)
  local wanted = redis.call('EXISTS', READY) == 1 and jobs or 0
  if due_sooner then wanted = math.max(wanted, 1) end
  if wanted <= 0 then return end
  for _ = 1, math.min(wanted, MAX_HINTS) - redis.call('LLEN', WAKE) do
    redis.call('RPUSH', WAKE, '1')
  end
end
