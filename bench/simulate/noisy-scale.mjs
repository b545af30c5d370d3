import { Line } from './line.mjs';
import { OrderedEvents } from './ordered-events.mjs';
import { POLICIES } from './policies.mjs';

const SECONDS = 600;
const NOISY_PER_SECOND = 1_000;
const QUIET_PER_SECOND = 50;
const QUIET_CLIENTS = 9;
const CONSUMERS = 40;
const TAKEN_AT_ONCE = 20;

/**
 * The public demo of a cloud queue's fair mode: one tenant sends 1,000 messages a second, nine send 50 each; 40
 * consumers take up to 20 at a time. With `batchS` 0.5 they can do 1,600 a second and keep up with all 1,450; the
 * published backlog (122,000 after ten minutes) says that a take really lasted about 0.64 s.
 *
 * Gives {peakBacklog, quietPeakBacklog, oldestS, quietOldestS, series} with one point of the series for each second.
 */
export function noisyAtScale(policyName, { batchS }) {
  const policy = POLICIES[policyName]({ weightOf: () => 1 });
  const clients = 1 + QUIET_CLIENTS;
  const lines = Array.from({ length: clients }, () => new Line());
  const dues = new OrderedEvents(({ atS }) => atS);
  for (let client = 0; client < clients; client++) {
    const everyS = 1 / (client === 0 ? NOISY_PER_SECOND : QUIET_PER_SECOND);
    dues.add({ atS: (everyS * (client + 1)) / clients, everyS, client });
  }
  const busy = new OrderedEvents(({ freeS }) => freeS);
  let idle = CONSUMERS;
  let backlog = 0;
  const found = { peakBacklog: 0, quietPeakBacklog: 0, oldestS: 0, quietOldestS: 0, series: [] };

  const serve = (nowS) => {
    while (idle > 0 && backlog > 0) {
      const batch = [];
      while (batch.length < TAKEN_AT_ONCE && policy.next()) {
        const job = policy.take();
        lines[job.client].shift();
        backlog--;
        batch.push(job);
      }
      idle--;
      busy.add({ freeS: nowS + batchS, batch });
    }
  };
  const look = (nowS) => {
    const quiet = lines.slice(1).reduce((sum, { length }) => sum + length, 0);
    const age = (line) => (line.length > 0 ? nowS - line.first : 0);
    const quietOldestS = Math.max(...lines.slice(1).map(age));
    found.series.push({ backlog, quiet });
    found.peakBacklog = Math.max(found.peakBacklog, backlog);
    found.quietPeakBacklog = Math.max(found.quietPeakBacklog, quiet);
    found.quietOldestS = Math.max(found.quietOldestS, quietOldestS);
    found.oldestS = Math.max(found.oldestS, quietOldestS, age(lines[0]));
  };

  let nextLookS = 0;
  for (;;) {
    const nowS = Math.min(dues.first.atS, busy.first?.freeS ?? Infinity);
    while (nextLookS <= nowS) {
      if (nextLookS > SECONDS) return found;
      look(nextLookS++);
    }
    if ((busy.first?.freeS ?? Infinity) <= dues.first.atS) {
      for (const job of busy.take().batch) policy.end(job);
      idle++;
    } else {
      const due = dues.take();
      dues.add({ ...due, atS: due.atS + due.everyS });
      policy.add({ client: due.client, cost: 1 });
      lines[due.client].push(due.atS);
      backlog++;
    }
    serve(nowS);
  }
}
