import { QueueError } from '../queue.errors.js';
import type { JobError } from '../queue.types.js';

const MAX_MESSAGE = 2_000;

/** What is kept of whatever a handler threw. */
export function toJobError(error: unknown): JobError {
  if (!(error instanceof Error)) return { message: clip(String(error)) };
  const code = error instanceof QueueError ? error.code : (error as { code?: unknown }).code;
  return { message: clip(error.message), ...(typeof code === 'string' ? { code: clip(code) } : {}) };
}

function clip(text: string): string {
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE)}…`;
}
