import { isIPv6 } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { TenantLimits } from 'fairshare/quota';
import { Environment } from '../config/environment.js';
import { Problem } from '../problems/problem.js';
import { wholeSeconds } from '../problems/whole-seconds.js';
import { FreeRate } from './free-rate.js';

const identified = new WeakSet<object>();
const CREDENTIALS = ['authorization', 'x-tenant-id', 'x-admin-key'];

/** The request is of a tenant or an operator: what it costs is not its address's. */
export function noteIdentified(request: object): void {
  identified.add(request);
}

/**
 * Limits what spends no quota: refusals, checks, looks, lists, cancellations. A request of a tenant counts against the
 * tenant's tier, and is given back where it spent quota after all; one that names nobody in force counts against its
 * address, which never binds a tenant whose identity is in memory. Operators and health are free. Each node counts in its
 * own memory: a refusal costs neither SQL nor Redis.
 */
@Injectable()
export class FreeRequests {
  private readonly tenants = new FreeRate();
  private readonly addresses = new FreeRate();
  private readonly isOn: boolean;
  private readonly perAddress: number;

  constructor(@Inject(Environment) environment: Environment) {
    this.isOn = environment.FREE_REQUEST_LIMITS;
    this.perAddress = environment.FREE_REQUESTS_PER_ADDRESS;
  }

  /** Throws `too_many_requests` where the tenant has none left. */
  take({ tenantId, freeRequestsPerMinute: most }: TenantLimits, cost = 1): void {
    if (!this.isOn || most === undefined) return;
    const waitMs = this.tenants.take(tenantId, most, cost);
    if (waitMs > 0)
      throw tooMany(`Your tenant has had its ${most} requests a minute that spend no quota`, waitMs);
  }

  /** It spent quota after all. */
  giveBack({ tenantId, freeRequestsPerMinute: most }: TenantLimits): void {
    if (this.isOn && most !== undefined) this.tenants.charge(tenantId, most, -1);
  }

  /** Throws `too_many_requests` where the address has none left: asked before anything is looked up for it. */
  checkAddress(address: string): void {
    if (!this.isOn) return;
    const waitMs = this.addresses.waitMs(placeOf(address), this.perAddress);
    if (waitMs > 0)
      throw tooMany(
        `Your address has had its ${this.perAddress} requests a minute without an identity`,
        waitMs,
      );
  }

  /** Refuses what can be refused before its body is read, and counts what turned out to be nobody's. */
  watch(server: FastifyInstance): void {
    server.addHook('onRequest', async (request) => {
      if (isHealth(request) || (!request.is404 && hasCredentials(request))) return;
      this.checkAddress(request.ip);
    });
    server.addHook('onResponse', async (request) => {
      if (!this.isOn || isHealth(request) || identified.has(request)) return;
      this.addresses.charge(placeOf(request.ip), this.perAddress);
    });
  }
}

function hasCredentials({ headers }: FastifyRequest): boolean {
  return CREDENTIALS.some((name) => headers[name] !== undefined);
}

function isHealth({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.startsWith('/health') ?? false;
}

/** Who has one IPv6 address has its /64. */
function placeOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [left = '', right] = address.split('::');
  const head = left.split(':').filter(Boolean);
  const tail = right?.split(':').filter(Boolean) ?? [];
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}

function tooMany(what: string, waitMs: number): Problem {
  const seconds = wholeSeconds(waitMs);
  return new Problem('too_many_requests', `${what}; wait ${seconds} s.`, {
    headers: { 'Retry-After': String(seconds) },
  });
}
