import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { tried } from '../../../../test/support/tried.js';
import { parseEnvironment } from './environment.js';

const SERVERS = { DATABASE_URL: 'postgresql://localhost/x', REDIS_URL: 'redis://localhost' };

const GUESSABLE = [
  ...['aaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaab', 'abababababababab', 'abcabcabcabcabcabc', 'aaaabbbbccccdddd'],
  ...['0000000000000000', '0123456789abcdef', '1234567890123456', 'abcdefghijklmnop', 'zyxwvutsrqponmlkji'],
  ...['password12345678', 'passwordpassword', 'P@ssw0rdP@ssw0rd!', 'adminadminadmin1', 'changemechangeme'],
  ...[
    'my-secret-admin-key',
    'test-admin-key-0123456789',
    'qwertyuiopasdfgh',
    'fairshare-admin-key',
    'letmeinletmein12',
  ],
  ...[
    'administrator123',
    'secretsecretsecret',
    '                x',
    '................',
    'please-change-this-key',
  ],
  ...['1q1q1q1q1q1q1q1q', 'x'.repeat(500), 'ab'.repeat(200), 'Admin123Admin123Admin123'],
];

describe('the operator key', () => {
  it.each(GUESSABLE)('is refused where it can be guessed, though it is long: %s', (key) => {
    const boot = () => parseEnvironment({ ...SERVERS, ADMIN_API_KEY: key });
    expect(boot).toThrow(/ADMIN_API_KEY must be at least 16 characters that cannot be guessed/);
    expect(boot).not.toThrow(key);
    tried('defaults admin key', 1);
  });

  it('is taken where chance made it', () => {
    for (let n = 0; n < 300; n++) {
      for (const key of [
        randomBytes(24).toString('hex'),
        randomBytes(16).toString('hex'),
        randomBytes(12).toString('base64'),
      ]) {
        expect(parseEnvironment({ ...SERVERS, ADMIN_API_KEY: key }).ADMIN_API_KEY).toBe(key);
      }
    }
  });
});
