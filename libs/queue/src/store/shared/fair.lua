-- The fair policy: the operations of FairSchedule (fairness/fair-schedule.ts), in the same order.
--
-- @include line.lua

local function ready_member(tenant)
  if tenant.member == '' then tenant.member = string.format('%013.0f', tenant.entry) .. tenant.id end
  return tenant.member
end

-- The first of the ready, in order from `ahead_from`: asked for at every turn, so read once for many. Who is not in it is
-- ready after all who are, unless it holds everybody.
local ahead, ahead_from, ahead_is_all = {}, 1, false
local ahead_tags = {}
-- Tags by member that are not in Redis yet; nil: each is written at once.
local unwritten

local function write_ready()
  if not unwritten then return end
  for member, tag in pairs(unwritten) do
    gather('ready', 'ZADD', READY, tag, member)
  end
  unwritten = {}
  write_gathered('ready')
  write_gathered('unready')
end

local function read_ahead(count)
  write_ready()
  local found = redis.call('ZRANGE', READY, 0, count - 1, 'WITHSCORES')
  ahead, ahead_from, ahead_tags = {}, 1, {}
  for index = 1, #found, 2 do
    local member, tag = found[index], tonumber(found[index + 1])
    ahead[#ahead + 1] = { member = member, tag = tag }
    ahead_tags[member] = tag
  end
  ahead_is_all = #ahead < count
end

local function first_ready()
  if ahead_from > #ahead and not ahead_is_all then read_ahead(1) end
  local first = ahead[ahead_from]
  if first then return string.sub(first.member, READY_ID_AT), first.tag end
end

-- The place of the first that is not before (tag, member), by binary search.
local function place_ahead(tag, member)
  local low, high = ahead_from, #ahead + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    local other = ahead[middle]
    if other.tag < tag or (other.tag == tag and other.member < member) then low = middle + 1 else high = middle end
  end
  return low
end

local function remove_ahead(member)
  local tag = ahead_tags[member]
  if not tag then return end
  ahead_tags[member] = nil
  local at = place_ahead(tag, member)
  if at == ahead_from then ahead_from = ahead_from + 1 else table.remove(ahead, at) end
end

local function insert_ahead(member, tag)
  local at = place_ahead(tag, member)
  if at > #ahead and not ahead_is_all then return end
  ahead_tags[member] = tag
  if at == ahead_from and at > 1 then
    ahead_from = ahead_from - 1
    ahead[ahead_from] = { member = member, tag = tag }
  else
    table.insert(ahead, at, { member = member, tag = tag })
  end
end

local function set_ready(tenant)
  local member = ready_member(tenant)
  if unwritten then unwritten[member] = tenant.tag else redis.call('ZADD', READY, tenant.tag, member) end
  remove_ahead(member)
  insert_ahead(member, tenant.tag)
end

local function unset_ready(tenant)
  local member = ready_member(tenant)
  if unwritten then
    unwritten[member] = nil
    gather('unready', 'ZREM', READY, member)
  else
    redis.call('ZREM', READY, member)
  end
  remove_ahead(member)
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
  tenant.member = ''
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
  tenant.drained = YES
end

local function charge(tenant, cost)
  local start_tag = tenant.tag
  if shard.pending > 0 then
    shard.clock = shard.clock + shard.pending
    shard.pending = 0
  end
  shard.clock = math.max(shard.clock, start_tag)
  local given = cost / shard.ready_weight
  if tenant.weight == shard.ready_weight then
    shard.pending = shard.pending + math.max(0, start_tag + given - shard.clock)
  else
    shard.pending = shard.pending + given
  end
  tenant.tag = start_tag + cost / tenant.weight
  set_ready(tenant)
  forget_drained()
end

local function move_tag(tenant, tag)
  tenant.tag = tag
  if is_ready(tenant) then set_ready(tenant) end
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
  if is_ready(tenant) then shard.ready_weight = shard.ready_weight + weight - tenant.weight end
  tenant.weight = weight
end

-- Puts the tenant where it belongs after any change: among the ready, held back, or to be forgotten.
-- `runs` spares a look at the leases where the tenant is known to have one.
local function place(tenant, runs)
  local may_run = tenant.waiting > 0 and not is_held(tenant)
  if may_run and not is_ready(tenant) then
    enter(tenant)
  elseif not may_run and is_ready(tenant) then
    leave(tenant)
  end
  local is_idle = tenant.waiting == 0
    and tenant.delayed == 0
    and tenant.cap == 0
    and not runs
    and not is_held(tenant)
    and running_of(tenant) == 0
  if is_idle and tenant.drained == NO then
    drain(tenant)
  elseif not is_idle and tenant.drained == YES then
    redis.call('ZREM', DRAINED, tenant.id)
    tenant.drained = NO
  end
end

local function unpark(tenant)
  if not is_parked(tenant) then return end
  if tenant.parked_until < INFINITY then redis.call('ZREM', DUE, DUE_TENANT .. tenant.id) end
  tenant.parked_until = 0
  tenant.reason = ''
end

local function park(tenant, until_ms, reason)
  unpark(tenant)
  tenant.parked_until = until_ms
  tenant.reason = reason
  if until_ms < INFINITY then become_due(DUE_TENANT .. tenant.id, until_ms) end
end

-- Leaves hints for idle workers, each of which takes one away; hints that nobody takes do not pile up.
local MAX_HINTS <const> = 16
local function wake_workers(jobs)
  local wanted = first_ready() and jobs or 0
  if due_sooner then wanted = math.max(wanted, 1) end
  if wanted <= 0 then return end
  for _ = 1, math.min(wanted, MAX_HINTS) - redis.call('LLEN', WAKE) do
    redis.call('RPUSH', WAKE, '1')
  end
end

-- The end of a script that changed what holds the tenant back: puts it where it belongs, and wakes workers for its jobs.
local function save_tenant(tenant)
  place(tenant)
  save_tenants()
  save_shard()
  wake_workers(is_ready(tenant) and tenant.waiting or 0)
end
