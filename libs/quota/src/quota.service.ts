import type {
  AdjustRequest,
  CancelRequest,
  CheckRequest,
  Decision,
  ExtendRequest,
  HoldGone,
  QuotaStatus,
  RecordRequest,
  Recorded,
  ReserveRequest,
  ResetRequest,
  SettleRequest,
  Settlement,
  SpendRequest,
  StatusRequest,
} from './quota.types.js';

/**
 * The verbs. Each takes one request and gives one answer, decided in one atomic call on Redis. "No" is a value.
 *
 * Throws InvalidCostError and the other errors of a wrong request before anything is sent, UnknownTenantError,
 * TenantSuspendedError (check, spend, reserve), and QuotaUnavailableError within the deadline.
 */
export abstract class QuotaService {
  /** What would be decided for this cost now; spends nothing. */
  abstract check(request: CheckRequest): Promise<Decision>;
  /** Charges a cost that is true already, or nothing; takes no slot of a concurrency limit. */
  abstract spend(request: SpendRequest): Promise<Decision>;
  /** Sets a cost aside until it is settled, cancelled, or its lease lapses. */
  abstract reserve(request: ReserveRequest): Promise<Decision>;
  /** Ends a hold with the true cost: the rest returns to the window that was charged; more is charged up to the limit. */
  abstract settle(request: SettleRequest): Promise<Settlement>;
  /** Keeps a hold alive, and may set more aside; a denial leaves the hold as it was. */
  abstract extend(request: ExtendRequest): Promise<Decision | HoldGone>;
  /** Ends a hold and charges nothing. */
  abstract cancel(request: CancelRequest): Promise<Settlement>;
  /** Charges what has happened already, even beyond the limits. */
  abstract record(request: RecordRequest): Promise<Recorded>;
  /** Moves a level; going up is refused beyond the limit, going down never. */
  abstract adjust(request: AdjustRequest): Promise<Decision>;
  /** Every limit as it stands. */
  abstract status(request: StatusRequest): Promise<QuotaStatus>;
  /** For operators: counters return to 0. */
  abstract reset(request: ResetRequest): Promise<QuotaStatus>;
}
