import { POLICIES } from './policies.mjs';

/**
 * Everything is there at step 0, heavy tenants first; `slots` jobs are served in each step. Gives the step (from 0) in
 * which the light tenant is served first, and the number of steps until nothing is left.
 */
export function contention(policyName, { heavy, heavyJobs, lightJobs, slots }) {
  const policy = POLICIES[policyName]({ weightOf: () => 1 });
  const jobs = [];
  for (let client = 0; client < heavy; client++) {
    for (let n = 0; n < heavyJobs; n++) jobs.push({ client, cost: 1 });
  }
  for (let n = 0; n < lightJobs; n++) jobs.push({ client: heavy, cost: 1 });
  for (const job of jobs) policy.add(job);
  let lightFirstAt;
  let steps = 0;
  for (; policy.next(); steps++) {
    const served = [];
    while (served.length < slots && policy.next()) served.push(policy.take());
    if (served.some(({ client }) => client === heavy)) lightFirstAt ??= steps;
    for (const job of served) policy.end(job);
  }
  return { lightFirstAt, makespan: steps };
}
