import { describe, expect, it } from '@jest/globals';
import { Prisma } from 'fairshare/prisma';
import { InvalidJobError, QueueUnavailableError } from 'fairshare/queue';
import {
  InvalidCostError,
  QuotaOverloadedError,
  QuotaUnavailableError,
  UnknownTenantError,
} from 'fairshare/quota';
import { RedisTimeoutError } from 'fairshare/redis';
import { Problem } from '../problems/problem.js';
import { ServiceFaults } from './service-faults.js';

const known = (code: string, meta?: Record<string, unknown>) =>
  new Prisma.PrismaClientKnownRequestError('it failed', { code, clientVersion: '7', meta });
const adapter = (originalCode: string) =>
  Object.assign(new Error('it failed'), { name: 'DriverAdapterError', cause: { originalCode } });
const closed = Object.assign(new Error('it'), {
  name: 'DriverAdapterError',
  cause: { kind: 'ConnectionClosed' },
});
const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

describe('ServiceFaults', () => {
  it.each<[string, unknown]>([
    ['a database that is away', known('P1001')],
    ['a full pool', known('P2024')],
    ['a transaction that waited too long', known('P2028')],
    ['a deadlock', known('P2034')],
    ['a statement that was cancelled', adapter('57014')],
    ['a server that stops', adapter('57P01')],
    ['no connection left', known('P2010', { driverAdapterError: adapter('53300') })],
    ['a connection that was closed', known('P2010', { driverAdapterError: closed })],
    ['a refused connection', new Error('connect ECONNREFUSED 127.0.0.1:5432')],
    ['a quota that is away', new QuotaUnavailableError('deadline', 1)],
    ['limits that cannot be read now', new QuotaUnavailableError('limits', 1, { cause: known('P1001') })],
    ['a Redis that loads', new QuotaUnavailableError('redis', 1, { cause: reply('LOADING it') })],
    ['a Redis without memory', new QueueUnavailableError('full', { cause: reply('OOM command') })],
    ['a Redis that is slow', new RedisTimeoutError(false)],
    ['a process that is busy', new QuotaOverloadedError(1)],
    ['a closed connection', new Error('Connection is closed.')],
  ])('waits for %s', (_, error) => expect(new ServiceFaults().faultOf(error)).toBe('transient'));

  it.each<[string, unknown]>([
    ['a value that it cannot keep', known('P2007')],
    ['NUL in JSON', adapter('22P05')],
    ['a row that is gone', known('P2025')],
    ['a broken constraint', known('P2003')],
    ['a wrong query', new Prisma.PrismaClientValidationError('wrong', { clientVersion: '7' })],
    ['an unknown tenant', new UnknownTenantError('gone')],
    ['a cost that is none', new InvalidCostError('no')],
    ['a job that is none', new InvalidJobError('no')],
    ['a key of another type', new QuotaUnavailableError('redis', 1, { cause: reply('WRONGTYPE key') })],
    ['a refusal', new Problem('conflict', 'no')],
    ['a mistake of ours', new TypeError('x is not a function')],
    ['null', null],
    ['a text', 'broke'],
  ])('gives up for %s', (_, error) => expect(new ServiceFaults().faultOf(error)).toBe('permanent'));
});
