import type { Claimed, KeptAnswer, KeyedRequest } from './idempotency-store.js';

/** A keyed request whose turn it is to be done. Its key is taken (`claimed`) only once something is done for it. */
export class KeyedOperation {
  claimed: Claimed | undefined;
  /** It was kept or given back. */
  isEnded = false;

  constructor(
    readonly request: KeyedRequest,
    /** Names the operation for the quota and, where it is queued, the job. */
    readonly operationId: string,
  ) {}
}

/** Either this request is the one to do it, or what it came to is known. */
export type Turn = { readonly operation: KeyedOperation } | { readonly answer: KeptAnswer };

/** Another node has taken the key meanwhile: its answer is this request's answer too. */
export class TurnLostError extends Error {
  constructor() {
    super('Another request with the same Idempotency-Key was first');
    this.name = 'TurnLostError';
  }
}
