import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { parseOperationId } from '../operation-id.js';
import { QuotaError, QuotaUnavailableError, TenantMissingError } from '../quota.errors.js';
import { QuotaExceededError } from '../quota-exceeded.error.js';
import { QuotaHttpOptions } from '../quota.options.js';
import { QuotaService } from '../quota.service.js';
import type { Cost, Decision } from '../quota.types.js';
import { Reservation } from '../reservation.js';
import { parseTenantId, type TenantId } from '../tenant-id.js';
import { toHttpException } from './quota-exception.js';
import { isSkipped, Quota, type QuotaRule } from './quota.decorator.js';
import { writeRateLimitHeaders } from './rate-limit-headers.js';
import { decisionOf, rememberDecision, rememberReservation } from './reserved.js';

/** What Fastify's reply and Express' response have in common. */
interface HttpResponse {
  readonly raw?: HttpResponse;
  readonly statusCode: number;
  header(name: string, value: string): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/** Decides at the HTTP edge: tenant → cost → decision → headers. Lets pass what is not HTTP. */
@Injectable()
export class QuotaGuard implements CanActivate {
  readonly #rules = new WeakMap<object, WeakMap<object, QuotaRule | null>>();

  constructor(
    private readonly reflector: Reflector,
    @Inject(QuotaService) private readonly quota: QuotaService,
    @Inject(QuotaHttpOptions) private readonly options: QuotaHttpOptions,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const rule = this.#ruleOf(context);
    if (!rule) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<object>();
    // A global guard and one of the route: a request is decided once.
    if (decisionOf(request)) return true;
    const response = http.getResponse<HttpResponse>();
    try {
      await this.#guard(rule, request, response);
      return true;
    } catch (error) {
      if (!(error instanceof QuotaError)) throw error;
      if (error instanceof QuotaUnavailableError) {
        response.header('Retry-After', String(Math.ceil(error.retryAfterMs / 1000)));
      }
      throw (this.options.exceptionOf ?? toHttpException)(error);
    }
  }

  async #guard(rule: QuotaRule, request: object, response: HttpResponse): Promise<void> {
    const tenantId = await this.#tenantOf(request);
    const cost = typeof rule.cost === 'function' ? await rule.cost(request as never) : rule.cost;
    const decision = await this.#decide(rule, request, tenantId, cost);
    rememberDecision(request, decision);
    this.options.onDecision?.(request as never, decision);
    const { headers } = this.options;
    if (headers !== false) {
      (headers ?? writeRateLimitHeaders)(decision, (name, value) => void response.header(name, value));
    }
    if (!decision.allowed && rule.denied === 'pass') return;
    if (!decision.allowed) throw new QuotaExceededError(decision);
    if (decision.outcome !== 'held') return;
    const reservation = new Reservation(this.quota, tenantId, decision);
    rememberReservation(request, reservation);
    if (typeof rule.hold !== 'object' || rule.hold.auto !== false) endWithResponse(reservation, response);
  }

  #decide(rule: QuotaRule, request: object, tenantId: TenantId, cost: Cost): Promise<Decision> {
    const name = this.options.operationOf?.(request as never);
    const operationId = name === undefined ? undefined : parseOperationId(name);
    const withinMs = this.options.withinMsOf?.(request as never);
    if (!rule.hold) return this.quota.spend({ tenantId, cost, operationId, withinMs });
    const leaseMs = typeof rule.hold === 'object' ? rule.hold.leaseMs : undefined;
    return this.quota.reserve({ tenantId, cost, operationId, leaseMs, withinMs });
  }

  async #tenantOf(request: object): Promise<TenantId> {
    const { tenantOf } = this.options;
    const found = tenantOf ? await tenantOf(request as never) : (request as { tenantId?: string }).tenantId;
    if (found === undefined) throw new TenantMissingError('The request names no tenant');
    return parseTenantId(found);
  }

  // Metadata never changes once the application runs, and reading it costs more than the rest of this function.
  #ruleOf(context: ExecutionContext): QuotaRule | null {
    const handler = context.getHandler();
    const controller = context.getClass();
    let rules = this.#rules.get(controller);
    if (!rules) this.#rules.set(controller, (rules = new WeakMap<object, QuotaRule | null>()));
    let rule = rules.get(handler);
    if (rule === undefined) {
      const targets = [handler, controller];
      const { defaultCost } = this.options;
      const stated = this.reflector.getAllAndOverride(Quota, targets) as QuotaRule | undefined;
      const found = stated ?? (defaultCost ? { cost: defaultCost } : null);
      rule = isSkipped(this.reflector, targets) ? null : found;
      rules.set(handler, rule);
    }
    return rule;
  }
}

/** Settles as held what the handler left open, or cancels it where the answer is an error. */
function endWithResponse(reservation: Reservation, response: HttpResponse): void {
  const raw = response.raw ?? response;
  raw.once('close', () => {
    if (reservation.isEnded) return;
    const ending = raw.statusCode >= 400 ? reservation.cancel() : reservation.settle();
    // The lease ends it where this does not.
    ending.catch(() => undefined);
  });
}
