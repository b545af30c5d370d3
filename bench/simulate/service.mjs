const TICK_S = 1;
/** Ticks before this are the start-up, and do not count. */
export const MEASURED_FROM_S = 30;

/** Service given to each client up to each tick; that of a job is spread evenly over its run. Gives [client][tick]. */
export function accumulatedService(jobs, { clients, seconds }) {
  const ticks = Math.floor(seconds / TICK_S) + 1;
  const service = Array.from({ length: clients }, () => new Float64Array(ticks));
  for (const { client, startS, endS, cost } of jobs) {
    if (startS === undefined) continue;
    for (let tick = Math.max(0, Math.ceil(startS / TICK_S)); tick < ticks; tick++) {
      const part = endS > startS ? Math.min(1, (tick * TICK_S - startS) / (endS - startS)) : 1;
      if (part === 1) {
        // All later ticks have it in full: noted once, summed below.
        (service[client].whole ??= new Float64Array(ticks))[tick] += cost;
        break;
      }
      service[client][tick] += part * cost;
    }
  }
  for (const line of service) {
    let whole = 0;
    for (let tick = 0; tick < ticks; tick++) line[tick] += whole += line.whole?.[tick] ?? 0;
  }
  return service;
}

/** When each client had requests waiting without a break: [client][[fromS, toS]], in order. */
export function backlogs(jobs, clients) {
  const spans = Array.from({ length: clients }, () => []);
  for (const { client, atS, startS = Infinity } of jobs) {
    if (startS <= atS) continue;
    const last = spans[client].at(-1);
    if (last && atS <= last[1]) last[1] = Math.max(last[1], startS);
    else spans[client].push([atS, startS]);
  }
  return spans;
}

/**
 * How far apart the service per weight of two clients moved while both had requests waiting, from 30 s on. A client
 * that asks for less than its share is not owed the rest, so nothing else is compared; and what ran before both waited
 * is let out: a span counts from one longest run (`settleS`) after its beginning.
 *
 * gap   the largest distance from the mean of a span: what was out of balance before has no part in it
 * drift the largest difference between any two moments of a span: what the promise bounds
 */
export function gapOf(service, spans, { settleS, weightOf = () => 1 }) {
  const found = { gap: 0, drift: 0 };
  for (let one = 0; one < service.length; one++) {
    for (let other = one + 1; other < service.length; other++) {
      for (const [fromS, toS] of bothWaiting(spans[one], spans[other])) {
        const first = Math.ceil(Math.max(MEASURED_FROM_S, fromS + settleS) / TICK_S);
        const last = Math.min(service[one].length - 1, Math.floor(toS / TICK_S));
        const ahead = [];
        for (let tick = first; tick <= last; tick++) {
          ahead.push(service[one][tick] / weightOf(one) - service[other][tick] / weightOf(other));
        }
        if (ahead.length === 0) continue;
        const mean = ahead.reduce((sum, value) => sum + value, 0) / ahead.length;
        const [least, most] = [Math.min(...ahead), Math.max(...ahead)];
        found.gap = Math.max(found.gap, most - mean, mean - least);
        found.drift = Math.max(found.drift, most - least);
      }
    }
  }
  return found;
}

/**
 * The same difference counted when a job starts, by its whole cost, as the scheduler charges it: between any two moments
 * while both wait it never exceeds largest cost / weight of the one plus that of the other. No start-up to leave out.
 */
export function chargedDrift(jobs, clients, weightOf = () => 1) {
  const events = jobs
    .flatMap((job) => [
      { job, place: job.arrivedAs, isStart: false },
      { job, place: job.startedAs, isStart: true },
    ])
    .filter(({ place }) => place !== undefined)
    .sort((left, right) => left.place - right.place);
  let largest = 0;
  for (let one = 0; one < clients; one++) {
    for (let other = one + 1; other < clients; other++) largest = Math.max(largest, driftOf([one, other]));
  }
  return largest;

  function driftOf(pair) {
    const waiting = [0, 0];
    let [ahead, least, most, drift] = [0, 0, 0, 0];
    for (const { job, isStart } of events) {
      const which = pair.indexOf(job.client);
      if (which < 0) continue;
      if (isStart && waiting[0] > 0 && waiting[1] > 0) {
        ahead += (which === 0 ? job.cost : -job.cost) / weightOf(job.client);
        [least, most] = [Math.min(least, ahead), Math.max(most, ahead)];
        drift = Math.max(drift, most - least);
      }
      waiting[which] += isStart ? -1 : 1;
      if (waiting[which] === 0) [ahead, least, most] = [0, 0, 0];
    }
    return drift;
  }
}

function bothWaiting(one, other) {
  const both = [];
  for (let left = 0, right = 0; left < one.length && right < other.length;) {
    const fromS = Math.max(one[left][0], other[right][0]);
    const toS = Math.min(one[left][1], other[right][1]);
    if (fromS < toS) both.push([fromS, toS]);
    if (one[left][1] < other[right][1]) left++;
    else right++;
  }
  return both;
}

/** Units per second of each client, from 30 s to the end. */
export function serviceRates(service) {
  return service.map((line) => (line.at(-1) - line[MEASURED_FROM_S]) / (line.length - 1 - MEASURED_FROM_S));
}

/** Mean time from arrival to start of each client's started jobs, in seconds. */
export function meanWaits(jobs, clients) {
  return Array.from({ length: clients }, (_, client) => {
    const waits = jobs.filter((job) => job.client === client && job.startS !== undefined);
    return waits.reduce((sum, { atS, startS }) => sum + startS - atS, 0) / Math.max(1, waits.length);
  });
}
