export {
  createFairshareClient,
  type FairshareClient,
  type FairshareClientOptions,
  type Problem,
} from './fairshare-client.js';
export type { components, paths } from './schema.js';
