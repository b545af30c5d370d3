export const QUIET = 'tenant_123';
export const NOISY = 'tenant_big';
/** Noisy queries under way at once, beside one quiet one. */
export const TIMES_THE_LOAD = 50;
/** Queries that the upstream serves at full speed. */
export const SLOTS = 16;
