import type { OperationId } from './operation-id.js';
import type { TenantId } from './tenant-id.js';

/**
 * What one operation spends on each resource: non-negative safe integers. A resource that only this tenant has no limit
 * for is free.
 */
export type Cost = Readonly<Record<string, number>>;

/** window: calendar, UTC. bucket: rate and burst (GCRA). level: goes up and down, never resets. concurrency: open holds. */
export type LimitKind = 'window' | 'bucket' | 'level' | 'concurrency';

export type LimitPeriod = 'minute' | 'hour' | 'day' | 'month';

/** What becomes of a hold whose lease ends without an answer. Concurrency is always released. */
export type HoldExpiry = 'release' | 'charge';

/** queue and reject refuse alike here; what follows a refusal is the application's. observe counts and never refuses. */
export type OverflowPolicy = 'queue' | 'reject' | 'observe';

/** A named ceiling on one resource. */
export interface LimitDefinition {
  /** 1..255; stands in the packed counters, never reused for another limit. */
  readonly id: number;
  readonly name: string;
  readonly resource: string;
  readonly kind: LimitKind;
  /** Of a window: its length. Of a bucket: the time in which `value` units come back (a month counts 30 days). */
  readonly period?: LimitPeriod;
  /** Default release. */
  readonly onHoldExpiry?: HoldExpiry;
}

/** One limit as it holds for one tenant at one instant. */
export interface EffectiveLimit {
  readonly definition: LimitDefinition;
  /** Units per window, per period of a bucket, in all, or at once. 0 admits nothing. */
  readonly value: number;
  /** Only of a bucket: units that may come at once. Default `value`. */
  readonly burst?: number;
  readonly source: 'tier' | 'override';
  readonly overrideId?: number;
}

/** Everything that holds for one tenant at one instant. */
export interface TenantLimits {
  readonly tenantId: TenantId;
  readonly tier: string;
  readonly status: 'active' | 'suspended';
  readonly weight: number;
  readonly queueDepth: number;
  /** Requests a minute that spend no quota; undefined: the application does not limit them. */
  readonly freeRequestsPerMinute?: number;
  readonly overflow: OverflowPolicy;
  /** Greater is newer. */
  readonly version: number;
  readonly limits: readonly EffectiveLimit[];
  /** From when on these limits hold (Redis time, ms since the epoch). */
  readonly validFromMs: number;
  /** Until when they hold, exclusive; Infinity where no override starts or ends. */
  readonly validUntilMs: number;
}

/** One limit as a decision leaves it. */
export interface LimitState {
  /** The definition's id. */
  readonly id: number;
  readonly name: string;
  readonly resource: string;
  readonly kind: LimitKind;
  readonly period?: LimitPeriod;
  /** Units in all; of a bucket its burst. */
  readonly limit: number;
  /** Only of a bucket: units that come back in each `period`. */
  readonly rate?: number;
  /** Charged for good; of a bucket what has not leaked yet, rounded up. */
  readonly used: number;
  /** Set aside by open holds. A bucket counts a hold as used at once, because it leaks while the operation runs. */
  readonly held: number;
  /** Never negative. */
  readonly remaining: number;
  /** When `used` is 0 again by itself: end of the window, bucket empty. null: never by itself, or it is 0 already. */
  readonly resetsAtMs: number | null;
  readonly source: 'tier' | 'override';
  readonly overrideId?: number;
}

/** Why a decision is a denial: one limit that this cost does not fit. */
export interface Violation {
  readonly name: string;
  readonly resource: string;
  readonly limit: number;
  readonly used: number;
  readonly held: number;
  readonly requested: number;
  /** Earliest time at which this limit admits this cost if nothing else happens. */
  readonly retryAfterMs: number | 'never';
}

/** enforce: decided by Redis. observe: the tier refuses nothing. degraded: Redis was away and the options say allow. */
export type DecisionMode = 'enforce' | 'observe' | 'degraded';

/** What has become of an operation. */
export type OperationOutcome = 'held' | 'spent' | 'settled' | 'cancelled' | 'expired';

interface Answer {
  /** Every limit of the tenant, after this decision; empty in mode degraded. */
  readonly limits: readonly LimitState[];
  /** Redis time, ms since the epoch. */
  readonly decidedAtMs: number;
  readonly mode: DecisionMode;
}

interface OperationAnswer extends Answer {
  readonly operationId: OperationId;
  /** This operation id was answered before: nothing moved now. */
  readonly repeated: boolean;
}

interface DecidedAnswer extends OperationAnswer {
  /** Resources of the cost that no limit of this tenant counts: as much as it likes. Empty in mode degraded. */
  readonly unlimited: readonly string[];
}

export interface Allowed extends DecidedAnswer {
  readonly allowed: true;
  /** Of a repeated call: what the operation has come to. */
  readonly outcome: OperationOutcome;
  /** When an open hold lapses; null where nothing is held. */
  readonly leaseExpiresAtMs: number | null;
  /** In mode observe: what would have refused it, with this cost counted in already. Empty otherwise. */
  readonly wouldDeny: readonly Violation[];
}

export interface Denied extends DecidedAnswer {
  readonly allowed: false;
  readonly outcome: 'denied';
  readonly violations: readonly Violation[];
  /** Earliest time at which this very cost is admitted if nothing else happens; never: it exceeds a limit itself. */
  readonly retryAfterMs: number | 'never';
}

export type Decision = Allowed | Denied;

/** The hold is not there (any more): nothing moved. */
export interface HoldGone extends OperationAnswer {
  readonly allowed: false;
  readonly outcome: 'spent' | 'settled' | 'cancelled' | 'expired' | 'unknown';
}

/** Part of a true cost that lies beyond a limit. */
export interface Overrun {
  readonly name: string;
  readonly limit: number;
  readonly amount: number;
}

/** How an operation ended; a late or repeated call tells what really happened. */
export interface Settlement extends OperationAnswer {
  /** unknown: no memory of such an operation. expired: the lease ended first; `record` charges what was done. */
  readonly outcome: 'spent' | 'settled' | 'cancelled' | 'expired' | 'unknown';
  /** What was charged, by limit name; of a repeated call what the first one charged. */
  readonly charged: Readonly<Record<string, number>>;
  /** True cost that was not charged because the limit was reached (in mode observe: charged beyond it). */
  readonly overruns: readonly Overrun[];
}

/** A charge made after the fact; never refused. */
export interface Recorded extends OperationAnswer {
  readonly charged: Readonly<Record<string, number>>;
  /** What of this charge lies beyond each limit. */
  readonly overruns: readonly Overrun[];
}

export interface QuotaStatus extends Answer {
  readonly tenantId: TenantId;
  readonly tier: string;
  readonly status: 'active' | 'suspended';
  readonly overflow: OverflowPolicy;
  /** Open holds, operations under way. */
  readonly openHolds: number;
}

export interface CheckRequest {
  readonly tenantId: TenantId;
  readonly cost: Cost;
}

export interface SpendRequest {
  readonly tenantId: TenantId;
  readonly cost: Cost;
  /** Makes a repeat safe. Default: unnamed, nothing is remembered. */
  readonly operationId?: OperationId;
  /** How long the answer may take, in ms, where that is less than the module's `deadlineMs`. Default: `deadlineMs`. */
  readonly withinMs?: number;
}

export interface ReserveRequest {
  readonly tenantId: TenantId;
  readonly cost: Cost;
  /** Default: a new one, found in the answer. */
  readonly operationId?: OperationId;
  /** How long the hold lives without an answer, in ms, 1 to 86_400_000. Default: the module's `leaseMs`. */
  readonly leaseMs?: number;
  /** How long the answer may take, in ms, where that is less than the module's `deadlineMs`. Default: `deadlineMs`. */
  readonly withinMs?: number;
}

export interface SettleRequest {
  readonly tenantId: TenantId;
  readonly operationId: OperationId;
  /** The true cost; a resource it does not name is charged as held. Default: as held. */
  readonly cost?: Cost;
}

export interface ExtendRequest {
  readonly tenantId: TenantId;
  readonly operationId: OperationId;
  /** New lease from now on, in ms. Default: the module's `leaseMs`. The lease never gets shorter. */
  readonly leaseMs?: number;
  /** What the hold shall set aside in all; less than it does already changes nothing, so a repeat is safe. */
  readonly cost?: Cost;
}

export interface CancelRequest {
  readonly tenantId: TenantId;
  readonly operationId: OperationId;
}

export interface RecordRequest {
  readonly tenantId: TenantId;
  readonly cost: Cost;
  /** Makes a repeat safe. Default: unnamed, nothing is remembered. */
  readonly operationId?: OperationId;
}

/** A level goes up or down by `delta`, or to `total`; below zero it stays at zero. */
export type AdjustRequest = {
  readonly tenantId: TenantId;
  /** Every level limit on this resource moves. */
  readonly resource: string;
  readonly operationId?: OperationId;
} & ({ readonly delta: number; readonly total?: never } | { readonly total: number; readonly delta?: never });

export interface StatusRequest {
  readonly tenantId: TenantId;
}

export interface ResetRequest {
  readonly tenantId: TenantId;
  /** Names of the limits whose `used` returns to 0; open holds stay. Default: every limit, and all holds are dropped. */
  readonly limits?: readonly string[];
}
