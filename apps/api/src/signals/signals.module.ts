import { Module } from '@nestjs/common';
import { RedisSignals } from './redis-signals.js';

@Module({ providers: [RedisSignals], exports: [RedisSignals] })
export class SignalsModule {}
