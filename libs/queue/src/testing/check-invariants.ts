import type { DumpedShard } from './dump-shard.js';

/** What must hold of a shard between any two scripts; returns what does not. */
export function brokenInvariants(dump: DumpedShard): string[] {
  const broken: string[] = [];
  const expect = (holds: boolean, what: string) => {
    if (!holds) broken.push(what);
  };
  const inLine = new Set(dump.lines.map(({ jobId }) => jobId));
  const running = new Set(dump.aside.filter(({ what }) => what === 'r').map(({ jobId }) => jobId));
  const delayed = new Set(dump.aside.filter(({ what }) => what === 'd').map(({ jobId }) => jobId));

  for (const jobId of dump.jobs.keys()) {
    const places = [inLine, running, delayed].filter((place) => place.has(jobId)).length;
    expect(places === 1, `job ${jobId} stands in ${places} places`);
  }
  expect(inLine.size + running.size + delayed.size === dump.jobs.size, 'a place without a job');
  expect(same(running, dump.leases.keys()), 'leases and running jobs differ');
  expect(same(delayed, dueIds(dump, 'j')), 'delayed jobs and what is due differ');
  for (const jobId of dump.runs.keys()) expect(dump.jobs.has(jobId), `run ${jobId} without a job`);
  for (const jobId of dueIds(dump, 'x'))
    expect(inLine.has(jobId) || delayed.has(jobId), `expiry of ${jobId}`);

  let bytes = 0;
  let readyWeight = 0;
  let parked = 0;
  for (const [id, tenant] of dump.tenants) {
    const own = [...dump.jobs].filter(([, { record }]) => record.tenantId === id);
    const ofTenant = (place: Set<string>) => own.filter(([jobId]) => place.has(jobId)).length;
    const ownBytes = own.reduce((sum, [jobId, job]) => sum + job.bytes + Buffer.byteLength(jobId), 0);
    const lineCost = own.reduce((sum, [jobId, { record }]) => sum + (inLine.has(jobId) ? record.cost : 0), 0);
    bytes += ownBytes;
    expect(tenant.waiting === ofTenant(inLine), `${id} waiting ${tenant.waiting} of ${ofTenant(inLine)}`);
    expect(tenant.delayed === ofTenant(delayed), `${id} delayed ${tenant.delayed} of ${ofTenant(delayed)}`);
    expect(tenant.bytes === ownBytes, `${id} bytes ${tenant.bytes} of ${ownBytes}`);
    expect(tenant.lineCost === lineCost, `${id} line cost ${tenant.lineCost} of ${lineCost}`);
    const isHeld = tenant.paused || tenant.capped || tenant.parkedUntil > 0;
    const mayRun = tenant.waiting > 0 && !isHeld;
    expect(mayRun === dump.ready.has(id), `${id} may run ${mayRun}, ready ${dump.ready.has(id)}`);
    expect(mayRun === tenant.entry > 0, `${id} entry ${tenant.entry}`);
    if (!mayRun && tenant.waiting + tenant.delayed > 0) parked += 1;
    if (mayRun) {
      expect(dump.ready.get(id) === tenant.tag, `${id} ready by ${dump.ready.get(id)}, tag ${tenant.tag}`);
      readyWeight += tenant.weight;
    }
    const isTimed = tenant.parkedUntil > 0 && tenant.parkedUntil < Infinity;
    expect(isTimed === dump.due.has(`t${id}`), `${id} parked until ${tenant.parkedUntil}`);
    expect(!tenant.capped || ofTenant(running) > 0, `${id} is capped and runs nothing`);
    const isIdle = own.length === 0 && tenant.cap === 0 && !isHeld;
    expect(isIdle === dump.drained.has(id), `${id} idle ${isIdle}, drained ${dump.drained.has(id)}`);
  }
  for (const { record } of dump.jobs.values()) {
    expect(dump.tenants.has(record.tenantId), `job ${record.jobId} of a forgotten tenant`);
  }
  expect(
    dump.ready.size === [...dump.ready.keys()].filter((id) => dump.tenants.has(id)).length,
    'a stranger is ready',
  );
  if (dump.shard) {
    expect(dump.shard.parked === parked, `parked ${dump.shard.parked} of ${parked}`);
    expect(dump.shard.bytes === bytes, `bytes ${dump.shard.bytes} of ${bytes}`);
    expect(
      dump.shard.readyWeight === readyWeight,
      `ready weight ${dump.shard.readyWeight} of ${readyWeight}`,
    );
  }
  return broken;
}

function dueIds(dump: DumpedShard, what: string): string[] {
  return [...dump.due.keys()].filter((member) => member.startsWith(what)).map((member) => member.slice(1));
}

function same(set: ReadonlySet<string>, others: Iterable<string>): boolean {
  const other = new Set(others);
  return set.size === other.size && [...set].every((value) => other.has(value));
}
