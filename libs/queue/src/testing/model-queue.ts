import { type Charge, FairSchedule } from '../fairness/fair-schedule.js';

export interface ModelJob {
  readonly id: string;
  readonly dedupeKey: string;
  readonly tenant: ModelTenant;
  readonly cost: number;
  readonly priority: number;
  readonly maxAttempts: number;
  expiresAt: number;
  sequence: number;
  attempts: number;
  /** Runs in a row whose worker fell silent. */
  lost: number;
  place: 'line' | 'delayed' | 'running';
  kind: 'run' | 'expired' | 'lost' | 'cancelled';
  charge: Charge | undefined;
  leaseEndsAt: number;
  wakes: number;
  cancelled: boolean;
}

export interface ModelTenant {
  readonly id: string;
  weight: number;
  readonly line: ModelJob[];
  delayed: number;
  running: number;
  paused: boolean;
  capped: boolean;
  cap: number;
  /** 0 = not parked. */
  parkedUntil: number;
  wakes: number;
}

/** A whole shard, in the simplest words: what the scripts must agree with, job by job and tag by tag. */
export class ModelQueue {
  readonly schedule = new FairSchedule();
  readonly jobs = new Map<string, ModelJob>();
  readonly dead = new Map<string, ModelJob>();
  /** Ids in the order of the scripts: `j` delayed job, `x` expiry, `t` parked tenant. */
  readonly due = new Map<string, number>();
  private readonly tenants = new Map<string, ModelTenant>();
  private sequence = 0;
  /** In all; 0 = no cap. */
  maxRunning = 0;
  maxLost = 0;
  paused = false;
  now = 1_000_000;

  /** The tenant, new again if the schedule has forgotten it. */
  tenant(id: string): ModelTenant {
    const known = this.tenants.get(id);
    if (known && this.schedule.tenant(id)) return known;
    const tenant: ModelTenant = {
      id,
      weight: 1,
      line: [],
      delayed: 0,
      running: 0,
      paused: false,
      capped: false,
      cap: 0,
      parkedUntil: 0,
      wakes: 0,
    };
    this.tenants.set(id, tenant);
    this.schedule.block(id);
    return tenant;
  }

  isKnown(id: string): boolean {
    return this.schedule.tenant(id) !== undefined;
  }

  add(
    id: string,
    tenantId: string,
    given: {
      dedupeKey: string;
      cost: number;
      priority: number;
      weight: number;
      delay: number;
      ttl: number;
      maxAttempts: number;
    },
  ): void {
    const tenant = this.tenant(tenantId);
    const job: ModelJob = {
      id,
      dedupeKey: given.dedupeKey,
      tenant,
      cost: given.cost,
      priority: given.priority,
      maxAttempts: given.maxAttempts,
      expiresAt: given.ttl > 0 ? this.now + given.ttl : 0,
      sequence: (this.sequence += 1),
      attempts: 0,
      lost: 0,
      place: 'line',
      kind: 'run',
      charge: undefined,
      leaseEndsAt: 0,
      wakes: 0,
      cancelled: false,
    };
    this.jobs.set(id, job);
    if (given.weight > 0) this.weigh(tenant, given.weight);
    this.watch(job);
    if (given.delay > 0) this.delay(job, this.now + given.delay);
    else this.join(job);
    this.place(tenant);
  }

  claim(limit: number, leaseMs: number): ModelJob[] {
    const claims = this.promote(leaseMs);
    let room = this.paused ? 0 : Math.min(limit, this.room());
    while (room > 0) {
      const id = this.schedule.next();
      if (id === undefined) break;
      const tenant = this.tenant(id);
      if (tenant.cap > 0 && tenant.running >= tenant.cap) {
        tenant.capped = true;
        this.place(tenant);
        continue;
      }
      const job = tenant.line[0]!;
      const expired = job.expiresAt > 0 && job.expiresAt <= this.now;
      if (!expired) {
        job.attempts += 1;
        job.charge = this.schedule.dispatch(job.cost);
      }
      this.due.delete(`x${job.id}`);
      tenant.line.shift();
      this.lease(job, expired ? 'expired' : 'run', leaseMs);
      this.place(tenant);
      claims.push(job);
      room -= 1;
    }
    return claims;
  }

  /** The job that the script should take this one for. */
  known(id: string, tenantId: string, dedupeKey: string): ModelJob | undefined {
    const byId = this.jobs.get(id) ?? this.dead.get(id);
    if (byId || dedupeKey === '') return byId;
    return [...this.jobs.values()].find(
      ({ tenant, dedupeKey: key }) => tenant.id === tenantId && key === dedupeKey,
    );
  }

  /** Dead jobs in the order of the script, as far as the bounds allow; returns how many. */
  requeue(tenantId: string, bounds: { maxDepth: number; maxTotalJobs: number }): number {
    const dead = [...this.dead.values()]
      .filter((job) => job.tenant.id === tenantId)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    let requeued = 0;
    for (const job of dead) {
      const tenant = this.tenant(tenantId);
      if (tenant.line.length + tenant.delayed >= bounds.maxDepth) break;
      if (this.jobs.size >= bounds.maxTotalJobs) break;
      this.dead.delete(job.id);
      this.revive(job, tenant);
      requeued += 1;
    }
    return requeued;
  }

  /** Returns what the script should answer. */
  finish(job: ModelJob, kind: string, trueCost: number | undefined, time: number): 'done' | 'cancelled' {
    const goesOn = kind === 'retry' || kind === 'back' || kind === 'park';
    if (goesOn && job.cancelled) return 'cancelled';
    const { tenant } = job;
    this.drop(job, goesOn && kind !== 'retry' ? 0 : (trueCost ?? job.cost));
    if (kind === 'retry') {
      job.lost = 0;
      this.watch(job);
      if (time > 0) this.delay(job, this.now + time);
      else this.join(job);
    } else if (goesOn) {
      job.attempts -= 1;
      this.watch(job);
      this.join(job);
      if (kind === 'park' && job.wakes === tenant.wakes) this.park(tenant, time > 0 ? time : Infinity);
    } else {
      this.jobs.delete(job.id);
      if (kind === 'dead') this.dead.set(job.id, job);
    }
    this.place(tenant);
    return 'done';
  }

  reap(limit: number, leaseMs: number): ModelJob[] {
    const lapsed = [...this.jobs.values()]
      .filter((job) => job.place === 'running' && job.leaseEndsAt <= this.now)
      .sort((a, b) => a.leaseEndsAt - b.leaseEndsAt || (a.id < b.id ? -1 : 1))
      .slice(0, limit);
    for (const job of lapsed) {
      const kind =
        job.kind !== 'run'
          ? job.kind
          : job.cancelled
            ? 'cancelled'
            : job.lost + 1 >= this.maxLost
              ? 'lost'
              : 'run';
      if (kind === 'run') {
        this.drop(job, job.cost);
        job.lost += 1;
        job.attempts = Math.max(0, job.attempts - 1);
        this.watch(job);
        this.join(job);
      } else {
        job.tenant.capped = false;
        job.kind = kind;
        job.leaseEndsAt = this.now + leaseMs;
        job.wakes = job.tenant.wakes;
      }
      this.place(job.tenant);
    }
    return lapsed;
  }

  cancel(job: ModelJob): 'removed' | 'requested' {
    if (job.place === 'running') {
      job.cancelled = true;
      return 'requested';
    }
    this.remove(job);
    this.place(job.tenant);
    return 'removed';
  }

  purge(tenant: ModelTenant): number {
    const removed = [...this.jobs.values()].filter((job) => job.tenant === tenant && job.place !== 'running');
    for (const job of removed) this.remove(job);
    for (const job of this.jobs.values()) if (job.tenant === tenant) job.cancelled = true;
    for (const job of this.dead.values()) if (job.tenant.id === tenant.id) this.dead.delete(job.id);
    this.place(tenant);
    return removed.length;
  }

  weigh(tenant: ModelTenant, weight: number): void {
    tenant.weight = weight;
    this.schedule.setWeight(tenant.id, weight);
  }

  unpark(tenant: ModelTenant): void {
    tenant.parkedUntil = 0;
    this.due.delete(`t${tenant.id}`);
  }

  park(tenant: ModelTenant, until: number): void {
    this.unpark(tenant);
    tenant.parkedUntil = until;
    if (until < Infinity) this.due.set(`t${tenant.id}`, until);
  }

  place(tenant: ModelTenant): void {
    const head = tenant.line[0];
    if (head && !this.isHeld(tenant))
      this.schedule.enter(tenant.id, { weight: tenant.weight, headCost: head.cost });
    else this.schedule.block(tenant.id);
    if (this.isIdle(tenant)) this.schedule.drain(tenant.id);
  }

  private promote(leaseMs: number): ModelJob[] {
    const claims: ModelJob[] = [];
    const due = [...this.due]
      .filter(([, at]) => at <= this.now)
      .sort(([a, atA], [b, atB]) => atA - atB || (a < b ? -1 : 1))
      .slice(0, 32);
    for (const [member] of due) {
      if (!this.due.delete(member)) continue;
      const id = member.slice(1);
      if (member.startsWith('t')) {
        const tenant = this.tenant(id);
        tenant.parkedUntil = 0;
        this.place(tenant);
        continue;
      }
      const job = this.jobs.get(id)!;
      if (member.startsWith('j')) {
        job.tenant.delayed -= 1;
        this.join(job);
      } else {
        this.takeOut(job);
        this.lease(job, 'expired', leaseMs);
        claims.push(job);
      }
      this.place(job.tenant);
    }
    return claims;
  }

  /** Who is parked; the others are none the wiser, except that a refusal under way parks nobody. */
  unparkAll(): ModelTenant[] {
    const known = [...this.tenants.values()].filter((one) => this.isKnown(one.id) && !this.isIdle(one));
    const parked = known.filter(({ parkedUntil }) => parkedUntil > 0);
    for (const tenant of known) tenant.wakes += 1;
    for (const tenant of parked) this.unpark(tenant);
    return parked;
  }

  private isHeld({ paused, capped, parkedUntil }: ModelTenant): boolean {
    return paused || capped || parkedUntil > 0;
  }

  private isIdle(tenant: ModelTenant): boolean {
    const isEmpty = tenant.line.length === 0 && tenant.delayed === 0 && tenant.running === 0;
    return isEmpty && tenant.cap === 0 && !this.isHeld(tenant);
  }

  private room(): number {
    if (this.maxRunning === 0) return Infinity;
    return this.maxRunning - [...this.jobs.values()].filter(({ place }) => place === 'running').length;
  }

  private revive(job: ModelJob, tenant: ModelTenant): void {
    const isTaken = this.known('', tenant.id, job.dedupeKey) !== undefined;
    const revived: ModelJob = {
      ...job,
      tenant,
      dedupeKey: isTaken ? '' : job.dedupeKey,
      sequence: (this.sequence += 1),
      expiresAt: 0,
      attempts: 0,
      lost: 0,
      kind: 'run',
      charge: undefined,
      cancelled: false,
    };
    this.jobs.set(job.id, revived);
    this.join(revived);
    this.place(tenant);
  }

  private remove(job: ModelJob): void {
    this.takeOut(job);
    this.due.delete(`x${job.id}`);
    this.jobs.delete(job.id);
  }

  private takeOut(job: ModelJob): void {
    const at = job.tenant.line.indexOf(job);
    if (at >= 0) {
      job.tenant.line.splice(at, 1);
    } else {
      job.tenant.delayed -= 1;
      this.due.delete(`j${job.id}`);
    }
  }

  private lease(job: ModelJob, kind: ModelJob['kind'], leaseMs: number): void {
    if (kind !== 'run') job.charge = undefined;
    job.place = 'running';
    job.kind = kind;
    job.leaseEndsAt = this.now + leaseMs;
    job.wakes = job.tenant.wakes;
    job.tenant.running += 1;
  }

  private drop(job: ModelJob, trueCost: number): void {
    job.tenant.running -= 1;
    job.tenant.capped = false;
    if (job.charge) this.schedule.settle(job.charge, trueCost);
    job.charge = undefined;
  }

  private join(job: ModelJob): void {
    job.place = 'line';
    const { line } = job.tenant;
    const at = line.findIndex(
      (other) =>
        other.priority < job.priority || (other.priority === job.priority && other.sequence > job.sequence),
    );
    line.splice(at < 0 ? line.length : at, 0, job);
  }

  private delay(job: ModelJob, until: number): void {
    job.place = 'delayed';
    job.tenant.delayed += 1;
    this.due.set(`j${job.id}`, until);
  }

  private watch(job: ModelJob): void {
    if (job.expiresAt > 0) this.due.set(`x${job.id}`, job.expiresAt);
  }
}
