export { type Charge, type Entry, FairSchedule, type TenantTag } from './fairness/fair-schedule.js';
