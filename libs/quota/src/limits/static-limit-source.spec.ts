import { describe, expect, it } from '@jest/globals';
import { InvalidTenantIdError, QuotaConfigurationError } from '../quota.errors.js';
import type { LimitDefinition } from '../quota.types.js';
import { parseTenantId } from '../tenant-id.js';
import { StaticLimitSource, type StaticLimits } from './static-limit-source.js';

const searches: LimitDefinition = {
  id: 1,
  name: 'searches_daily',
  resource: 'searches',
  kind: 'window',
  period: 'day',
};
const right: StaticLimits = {
  limits: [searches],
  tiers: { free: { searches_daily: 3 } },
  tenants: { acme: 'free' },
};

describe('limits that are written in the code', () => {
  it('are those of the tenant’s tier, and unknown for a tenant that is not named', async () => {
    const source = new StaticLimitSource(right);
    expect(await source.load(parseTenantId('acme'))).toMatchObject({
      tenantId: 'acme',
      tier: 'free',
      tierLimits: [{ definition: searches, value: 3 }],
    });
    expect(await source.load(parseTenantId('globex'))).toBeUndefined();
    expect(await source.load(parseTenantId('constructor'))).toBeUndefined();
    expect(await source.catalogue()).toEqual([searches]);
  });

  it.each<[string, Partial<StaticLimits>, string]>([
    ['a limit', { tiers: { free: { searches_dayly: 3 } } }, 'did you mean "searches_daily"?'],
    ['a tier', { tenants: { acme: 'gold' } }, 'names the tier "gold", which does not exist; there are: free'],
    ['a tier of every object', { tenants: { acme: 'constructor' } }, 'names the tier "constructor"'],
    ['a value', { tiers: { free: { searches_daily: 1.5 } } }, 'its value must be an integer'],
    ['two limits', { limits: [searches, { ...searches, name: 'other' }] }, 'share their id or name'],
    ['a kind', { limits: [{ ...searches, period: undefined }] }, 'a window needs a period'],
  ])('are refused where %s is wrong', (_what, wrong, why) => {
    const make = () => new StaticLimitSource({ ...right, ...wrong });
    expect(make).toThrow(QuotaConfigurationError);
    expect(make).toThrow(why);
  });

  it('are refused for a tenant id that cannot be one', () => {
    expect(() => new StaticLimitSource({ ...right, tenants: { ' a': 'free' } })).toThrow(
      InvalidTenantIdError,
    );
  });
});
