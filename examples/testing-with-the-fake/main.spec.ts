import { Controller, Get } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeQuota, FakeQuotaModule, Quota, StaticLimitSource } from 'fairshare/quota';

@Controller()
class SearchController {
  @Get('search')
  @Quota({ cost: { searches: 1 } })
  search() {
    return 'found';
  }
}

const limits = new StaticLimitSource({
  limits: [{ id: 1, name: 'searches_hourly', resource: 'searches', kind: 'window', period: 'hour' }],
  tiers: { free: { searches_hourly: 1 } },
  tenants: { acme: 'free' },
});

let app: NestFastifyApplication;
let quota: FakeQuota;
const statusOfSearch = async () => (await app.inject('/search')).statusCode;

beforeEach(async () => {
  quota = new FakeQuota({ limits });
  const module = await Test.createTestingModule({
    imports: [FakeQuotaModule.forRoot({ quota, http: { tenantOf: () => 'acme' }, globalGuard: true })],
    controllers: [SearchController],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  await app.init();
});
afterEach(() => app.close());

describe('GET /search', () => {
  it('refuses the second search of an hour', async () => {
    expect(await statusOfSearch()).toBe(200);
    expect(await statusOfSearch()).toBe(429);
  });

  it('answers again in the next hour', async () => {
    await statusOfSearch();
    quota.nowMs += 3_600_000;
    expect(await statusOfSearch()).toBe(200);
  });

  it('answers 503 while Redis is away', async () => {
    quota.isUnavailable = true;
    expect(await statusOfSearch()).toBe(503);
  });
});
