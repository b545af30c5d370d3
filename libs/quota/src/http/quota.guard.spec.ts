import { Controller, Get, HttpException, Module, Post, UseGuards } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { RedisModule } from 'fairshare/redis';
import { define, MemoryLimits, testRedisUrl, tier } from '../../../../test/support/quota-harness.js';
import { createQuota } from '../create-quota.js';
import { FakeQuota } from '../fake-quota.js';
import { QuotaModule, type QuotaModuleOptions } from '../quota.module.js';
import { QuotaService } from '../quota.service.js';
import type { Reservation } from '../reservation.js';
import { parseTenantId } from '../tenant-id.js';
import { Quota, SkipQuota } from './quota.decorator.js';
import { QuotaGuard } from './quota.guard.js';
import { Reserved } from './reserved.js';

interface TestRequest {
  readonly headers: Record<string, string | undefined>;
}

@Controller()
@UseGuards(QuotaGuard)
class RoutesController {
  @Get('constant')
  @Quota({ cost: { queries: 1 } })
  constant() {
    return 'ok';
  }

  @Get('computed')
  @Quota({ cost: async (request: TestRequest) => ({ tokens: Number(request.headers['x-tokens']) }) })
  computed() {
    return 'ok';
  }

  @Post('held')
  @Quota({ cost: { tokens: 50, queries: 1 }, hold: true })
  async held(@Reserved() reservation: Reservation) {
    await reservation.settle({ tokens: 20 });
    return 'ok';
  }

  @Post('left-open')
  @Quota({ cost: { tokens: 50, queries: 1 }, hold: { leaseMs: 60_000 } })
  leftOpen() {
    return 'ok';
  }

  @Post('fails')
  @Quota({ cost: { tokens: 50, queries: 1 }, hold: true })
  fails() {
    throw new HttpException('no', 502);
  }

  @Get('free')
  free() {
    return 'ok';
  }
}

@Controller('strict')
@Quota({ cost: { queries: 100 } })
class StrictController {
  @Get('expensive')
  expensive() {
    return 'ok';
  }

  @Get('skipped')
  @SkipQuota()
  skipped() {
    return 'ok';
  }
}

@Module({ controllers: [RoutesController, StrictController] })
class RoutesModule {}

const LIMITS = [
  tier(define(1, 'queries_hourly', 'queries', 'window', 'hour'), 3),
  tier(define(4, 'tokens_daily', 'tokens', 'window', 'day'), 100),
  tier(define(8, 'concurrent', 'queries', 'concurrency'), 2),
];

const acme = parseTenantId('acme');
let app: NestFastifyApplication | undefined;
let fake: FakeQuota;

async function open(options: Partial<QuotaModuleOptions> & { globalGuard?: boolean } = {}): Promise<string> {
  const limits = new MemoryLimits();
  limits.set(acme, LIMITS);
  fake = new FakeQuota({ limits });
  const tenantOf = (request: TestRequest) => request.headers['x-tenant'];
  const module = await Test.createTestingModule({
    imports: [
      RedisModule.forRoot({ url: testRedisUrl() }),
      QuotaModule.forRoot({ ...options, limits, http: { tenantOf, ...options.http } }),
      RoutesModule,
    ],
  })
    .overrideProvider(QuotaService)
    .useValue(fake)
    .compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

afterEach(async () => {
  await app?.close();
  app = undefined;
});

const call = (
  url: string,
  path: string,
  method = 'GET',
  headers: Record<string, string> = { 'x-tenant': 'acme' },
) => fetch(`${url}/${path}`, { method, headers });

async function statusOnceSettled(): Promise<number[]> {
  // The hold ends with the response's close event, which may come after the client has read it.
  for (let turns = 0; ; turns += 1) {
    const { openHolds, limits } = await fake.status({ tenantId: acme });
    if (openHolds === 0 || turns > 5_000) return limits.map(({ used }) => used);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a guarded route', () => {
  it('answers with the state of every limit, and 429 with the time to come back', async () => {
    const url = await open();
    const first = await call(url, 'constant');
    expect(first.status).toBe(200);
    expect(first.headers.get('ratelimit-policy')).toBe(
      '"queries_hourly";q=3;w=3600, "tokens_daily";q=100;w=86400, "concurrent";q=2;qu="concurrent-requests"',
    );
    expect(first.headers.get('ratelimit')).toBe(
      '"queries_hourly";r=2;t=3600, "tokens_daily";r=100;t=86400, "concurrent";r=2',
    );
    expect(first.headers.get('retry-after')).toBeNull();
    await call(url, 'constant');
    await call(url, 'constant');
    const denied = await call(url, 'constant');
    expect(denied.status).toBe(429);
    expect(denied.headers.get('retry-after')).toBe('3600');
    expect(await denied.json()).toMatchObject({
      code: 'quota_exceeded',
      violations: [{ name: 'queries_hourly', used: 3, requested: 1 }],
    });
    fake.nowMs += 3_600_000;
    expect((await call(url, 'constant')).status).toBe(200);
  });

  it('takes its cost from an async function of the request', async () => {
    const url = await open();
    const ask = (tokens: string) => call(url, 'computed', 'GET', { 'x-tenant': 'acme', 'x-tokens': tokens });
    expect((await ask('60')).headers.get('ratelimit')).toContain('"tokens_daily";r=40');
    expect((await ask('41')).status).toBe(429);
    expect((await ask('1.5')).status).toBe(400);
    expect((await ask('-5')).status).toBe(400);
  });

  it('says no without a retry time where the cost never fits', async () => {
    const url = await open({ globalGuard: true });
    const denied = await call(url, 'strict/expensive');
    expect([denied.status, denied.headers.get('retry-after')]).toEqual([429, null]);
  });

  it('holds the cost, and the handler settles what was true', async () => {
    const url = await open();
    expect((await call(url, 'held', 'POST')).status).toBe(201);
    expect(await statusOnceSettled()).toEqual([1, 20, 0]);
  });

  it('settles what the handler left open', async () => {
    const url = await open();
    expect((await call(url, 'left-open', 'POST')).status).toBe(201);
    expect(await statusOnceSettled()).toEqual([1, 50, 0]);
  });

  it('gives everything back where the handler fails', async () => {
    const url = await open();
    expect((await call(url, 'fails', 'POST')).status).toBe(502);
    expect(await statusOnceSettled()).toEqual([0, 0, 0]);
  });

  it.each([
    [{}, 401],
    [{ 'x-tenant': 'nobody' }, 401],
    [{ 'x-tenant': 'x'.repeat(200) }, 401],
  ] as [Record<string, string>, number][])('refuses the tenant of %j', async (headers, status) => {
    const url = await open();
    expect((await call(url, 'constant', 'GET', headers)).status).toBe(status);
  });

  it('answers 503 while quota cannot be decided', async () => {
    const url = await open();
    fake.isUnavailable = true;
    const response = await call(url, 'constant');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('charges a resend once where the request names its operation', async () => {
    const operationOf = (request: TestRequest) => request.headers['idempotency-key'];
    const url = await open({ http: { operationOf } });
    const headers = { 'x-tenant': 'acme', 'idempotency-key': 'k-1' };
    for (let call_ = 0; call_ < 5; call_ += 1) await call(url, 'constant', 'GET', headers);
    expect((await fake.status({ tenantId: acme })).limits[0]!.used).toBe(1);
  });
});

describe('a guard for every route', () => {
  it('leaves alone what has no rule, or is skipped', async () => {
    const url = await open({ globalGuard: true });
    expect((await call(url, 'free', 'GET', {})).status).toBe(200);
    expect((await call(url, 'strict/skipped', 'GET', {})).status).toBe(200);
  });

  it('may charge what has no rule a default', async () => {
    const url = await open({ globalGuard: true, http: { defaultCost: { queries: 3 } } });
    expect((await call(url, 'free')).status).toBe(200);
    expect((await call(url, 'free')).status).toBe(429);
  });
});

describe('the options', () => {
  it('stop the boot where one is wrong, by its name', () => {
    const limits = new MemoryLimits();
    const boot = (options: object) => () => createQuota({} as never, { limits, ...options });
    expect(boot({ leaseMs: 0 })).toThrow('leaseMs must be an integer from 1 to 86400000, got 0');
    expect(boot({ keyPrefix: 'a{b' })).toThrow('keyPrefix');
    expect(boot({ cache: { jitter: 2 } })).toThrow('cache.jitter');
  });
});
