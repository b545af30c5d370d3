import { OrderedEvents } from './ordered-events.mjs';

/** Tokens that fit in at once, and seconds for each token that comes out (as in the VTC paper's simulation). */
export const POOL_TOKENS = 10_000;
export const SECONDS_PER_TOKEN = 0.0426;

/** cost = in + 2 · out, in units of service. */
export function costOf({ input, output }) {
  return input + 2 * output;
}

/**
 * Serves requests from a pool of tokens: a job holds in + out tokens for out × τ seconds. Whose turn it is starts as
 * soon as its tokens are free; nobody overtakes it meanwhile. Gives the jobs with {client, cost, atS, startS, endS, arrivedAs,
 * startedAs}; the last two are places in the order of all arrivals and starts, since many share an instant.
 * `startS` and `startedAs` are undefined for one that had not started by the end. With `tokensOf` a job holds something
 * else than in + out, for instance 1 slot of a worker.
 */
export function servePool(
  arrivals,
  policy,
  {
    seconds,
    poolTokens = POOL_TOKENS,
    secondsPerToken = SECONDS_PER_TOKEN,
    tokensOf = ({ input, output }) => input + output,
  },
) {
  const jobs = arrivals.map((arrival) => ({
    client: arrival.client,
    atS: arrival.atS,
    cost: costOf(arrival),
    tokens: tokensOf(arrival),
    runS: arrival.output * secondsPerToken,
    arrivedAs: undefined,
    startedAs: undefined,
    startS: undefined,
    endS: undefined,
  }));
  const ends = new OrderedEvents((job) => job.endS);
  let free = poolTokens;
  let arrived = 0;
  let events = 0;
  for (;;) {
    const nextArrival = jobs[arrived]?.atS ?? Infinity;
    const nextEnd = ends.first?.endS ?? Infinity;
    const nowS = Math.min(nextArrival, nextEnd);
    if (nowS > seconds || nowS === Infinity) return jobs;
    if (nextEnd <= nextArrival) {
      const job = ends.take();
      free += job.tokens;
      policy.end(job);
    } else {
      jobs[arrived].arrivedAs = events++;
      policy.add(jobs[arrived++]);
    }
    for (let job = policy.next(); job && job.tokens <= free; job = policy.next()) {
      policy.take();
      free -= job.tokens;
      job.startS = nowS;
      job.startedAs = events++;
      job.endS = nowS + job.runS;
      ends.add(job);
    }
  }
}
