import type {
  AdjustRequest,
  CancelRequest,
  CheckRequest,
  Decision,
  ExtendRequest,
  HoldGone,
  QuotaStatus,
  Recorded,
  RecordRequest,
  ReserveRequest,
  ResetRequest,
  Settlement,
  SettleRequest,
  SpendRequest,
  StatusRequest,
} from './quota.types.js';

/**
 * The verbs. Each takes one request and gives one answer; "no" is a value.
 *
 * Throws InvalidCostError and the other errors of a wrong request before anything is sent, UnknownTenantError,
 * TenantSuspendedError (check, spend, reserve), and QuotaUnavailableError within the deadline.
 */
export interface QuotaVerbs {
  /** What `reserve` would decide for this cost now; spends nothing. */
  check(request: CheckRequest): Promise<Decision>;
  /** Charges a cost that is true already, or nothing; takes no slot of a concurrency limit. */
  spend(request: SpendRequest): Promise<Decision>;
  /** Sets a cost aside until it is settled, cancelled, or its lease lapses. */
  reserve(request: ReserveRequest): Promise<Decision>;
  /** Ends a hold with the true cost: what is left returns to the window charged; more is charged up to the limit. */
  settle(request: SettleRequest): Promise<Settlement>;
  /** Keeps a hold alive, and may set more aside; a denial leaves the hold as it was. */
  extend(request: ExtendRequest): Promise<Decision | HoldGone>;
  /** Ends a hold and charges nothing. */
  cancel(request: CancelRequest): Promise<Settlement>;
  /** Charges what has happened already, even beyond the limits. */
  record(request: RecordRequest): Promise<Recorded>;
  /** Moves a level; going up is refused beyond the limit, going down never. */
  adjust(request: AdjustRequest): Promise<Decision>;
  /** Every limit as it stands. */
  status(request: StatusRequest): Promise<QuotaStatus>;
  /** For operators: counters return to 0. */
  reset(request: ResetRequest): Promise<QuotaStatus>;
}
