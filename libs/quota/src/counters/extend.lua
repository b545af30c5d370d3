#!lua flags=allow-oom
-- extend: keep a hold alive, and set more aside; a denial leaves it as it was.
--
-- KEYS[1] counters   string; expires an hour after everything in it has ended, not while a level is above 0
-- KEYS[2] holds      sorted set; expires after the last lease
-- KEYS[3] operation  string; expires with the memory of the operation
--
-- ARGV[1] plan          the limits, and for each what the hold shall have (records/plan.lua)
-- ARGV[2] operation_id  the operation's name
-- ARGV[3] seed          counters where Redis has none; empty: answer cold instead; left out: start at zero
--
-- Returns the reply (records/reply.lua), with retries or charges; status denied, held, cold or stale, else what the
-- operation has come to
-- Cost: O(limits + log holds); 6 calls. A denial adds O(holds), at most 128. Single slot.
local least_cost = 0

-- @include shared/take.lua

local memory = redis.call('GET', KEYS[3])
local outcome, deadline, member = outcome_of(memory)
if outcome ~= HELD then return not_held(outcome, deadline, memory) end

local entries, has = parse_hold(member), {}
for e = 1, #entries, ENTRY do has[entries[e]] = (has[entries[e]] or 0) + entries[e + AMOUNT] end
for i = 1, n do costs[i] = math.max(0, costs[i] - (has[ids[i]] or 0)) end
local violated = decide(true)
if violated and not observing then return denied(violated) end
local bits, retries = observed(violated)
hold(entries)
deadline = math.max(deadline, now + lease_ms)
lease(ARGV[2], entries, deadline, member)
return answer(HELD, bits, deadline, retries)
