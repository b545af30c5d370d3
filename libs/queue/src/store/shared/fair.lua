-- The fair policy: the operations of FairSchedule (fairness/fair-schedule.ts), in the same order.
local function ready_member(tenant)
  return string.format('%013.0f', tenant.entry) .. tenant.id
end

-- The first of the ready, remembered until something may have come before it: it is asked for at every turn.
local first_member, first_tag
local function first_ready()
  if not first_member then
    local first = redis.call('ZRANGE', READY, 0, 0, 'WITHSCORES')
    if not first[1] then return end
    first_member, first_tag = first[1], tonumber(first[2])
  end
  return string.sub(first_member, 14), first_tag
end

local function set_ready(tenant)
  local member = ready_member(tenant)
  redis.call('ZADD', READY, tenant.tag, member)
  if not first_member then return end
  local is_before = tenant.tag < first_tag or (tenant.tag == first_tag and member < first_member)
  if is_before or member == first_member then first_member = nil end
end

local function unset_ready(tenant)
  local member = ready_member(tenant)
  redis.call('ZREM', READY, member)
  if member == first_member then first_member = nil end
end

local function entry_tag(tenant)
  local _, least = first_ready()
  if not least or shard.clock <= least then return shard.clock end
  local head = load_job(head_of_line(tenant))
  return math.min(shard.clock, least + head.cost / tenant.weight)
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
  set_ready(tenant)
end

local function leave(tenant)
  unset_ready(tenant)
  shard.ready_weight = shard.ready_weight - tenant.weight
  tenant.entry = 0
end

-- A tag that no entrant can get below any more need not be remembered. No drained tag is below `lowest_drained`, so that
-- nothing is read while virtual time has not come there.
local lowest_drained = 0
local function forget_drained()
  if shard.clock < lowest_drained then return end
  local oldest = redis.call('ZRANGE', DRAINED, 0, 1, 'WITHSCORES')
  if not oldest[1] then
    lowest_drained = INFINITY
    return
  end
  local _, least = first_ready()
  local passed = math.min(shard.clock, least)
  for index = 1, #oldest, 2 do
    lowest_drained = tonumber(oldest[index + 1])
    if lowest_drained > passed then return end
    redis.call('ZREM', DRAINED, oldest[index])
    redis.call('HDEL', TENANTS, oldest[index])
    tenants[oldest[index]] = false
  end
end

local function drain(tenant)
  redis.call('ZADD', DRAINED, tenant.tag, tenant.id)
  lowest_drained = math.min(lowest_drained, tenant.tag)
  tenant.drained = 1
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
  set_ready(tenant)
  forget_drained()
end

local function move_tag(tenant, tag)
  tenant.tag = tag
  if tenant.entry > 0 then set_ready(tenant) end
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
    drain(tenant)
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
