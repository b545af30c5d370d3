/** How many jobs of anybody started between a job's arrival and its start, on average, for the jobs of one client. */
export function meanTurnsWaited(jobs, client) {
  const starts = startsOf(jobs);
  const turns = jobs
    .filter((job) => job.client === client && job.startS !== undefined)
    .map(({ atS, startS }) => starts.filter((at) => at > atS && at < startS).length);
  return mean(turns);
}

/**
 * Mean time from any moment after `fromS` to the next start, in seconds. Jobs of one length that once ended together stay
 * together: then a job waits longer for its turn, although nobody comes before it.
 */
export function meanTimeToNextStart(jobs, fromS) {
  const starts = startsOf(jobs).filter((at) => at >= fromS);
  const pauses = starts.slice(1).map((at, index) => at - starts[index]);
  const total = pauses.reduce((sum, pause) => sum + pause, 0);
  return pauses.reduce((sum, pause) => sum + pause * pause, 0) / 2 / total;
}

function startsOf(jobs) {
  return jobs
    .map(({ startS }) => startS)
    .filter((at) => at !== undefined)
    .sort((left, right) => left - right);
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
