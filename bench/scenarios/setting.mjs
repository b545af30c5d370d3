/** Jobs at once in each worker process. As many in all as 10,000 tokens hold of the usual request (256 in, 256 out). */
export const SLOTS_OF_WORKERS = [7, 6, 6];
export const SLOTS = SLOTS_OF_WORKERS.reduce((sum, slots) => sum + slots, 0);
/** How many times faster than the published experiments. */
export const COMPRESSION = 60;
