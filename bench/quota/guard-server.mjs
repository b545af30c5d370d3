// A NestJS application on Fastify with one route bare, one guarded by five limits, one by three throttlers:
//   node bench/quota/guard-server.mjs <redis url>
// Tells its parent the port.
import 'reflect-metadata';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Quota, QuotaGuard, QuotaModule } from 'fairshare/quota';
import { RedisModule } from 'fairshare/redis';
import { peer } from '../lib/peers.mjs';
import { FIVE, limitSource } from './limits.mjs';

const url = process.argv[2];
const { ThrottlerGuard, ThrottlerModule } = peer('@nestjs/throttler');
const { ThrottlerStorageRedisService } = peer('@nest-lab/throttler-storage-redis');
const OPEN = 1_000_000_000;

class Routes {
  answer() {
    return { status: 'ok' };
  }
}

/** A controller of its own for each path, so that nothing but the guards differs. */
function routeAt(path, ...decorators) {
  const Route = class extends Routes {
    answer() {
      return super.answer();
    }
  };
  const descriptor = Object.getOwnPropertyDescriptor(Route.prototype, 'answer');
  for (const decorate of [Get(), ...decorators]) decorate(Route.prototype, 'answer', descriptor);
  Controller(path)(Route);
  return Route;
}

const bare = routeAt('bare');
const guarded = routeAt(
  'guarded',
  UseGuards(QuotaGuard),
  Quota({ cost: { queries: 1, tokens: 10, cost_units: 3 } }),
);
const throttled = routeAt('throttled', UseGuards(ThrottlerGuard));

class App {}
Module({
  imports: [
    RedisModule.forRoot({ url }),
    QuotaModule.forRoot({
      limits: limitSource(FIVE, () => OPEN),
      deadlineMs: 10_000,
      http: { tenantOf: (request) => request.headers['x-tenant-id'] },
    }),
    ThrottlerModule.forRoot({
      throttlers: ['hour', 'day', 'month'].map((name, index) => ({
        name,
        ttl: 3_600_000 * 24 ** index,
        limit: OPEN,
      })),
      getTracker: (request) => request.headers['x-tenant-id'],
      storage: new ThrottlerStorageRedisService(url),
    }),
  ],
  controllers: [bare, guarded, throttled],
})(App);

const app = await NestFactory.create(App, new FastifyAdapter(), { logger: ['error', 'fatal'] });
await app.listen(0, '127.0.0.1');
process.send({ port: app.getHttpServer().address().port });
process.on('disconnect', () => process.exit(0));
