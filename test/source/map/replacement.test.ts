import { describe, expect, it } from 'vitest';
import { mappingSchema } from '../../../src/source/map/mapping.js';
import { mapRow, RECORD, ROW, SMALLEST } from './sampleMapping.js';

const OLD_ENTITY = { by: 'code', codeSystem: 'GSO-2004', field: 'oldProvince', pad: 2 };
const WHEN = 'has(row.oldProvince) && row.oldProvince != ""';
const GONE = { ...RECORD, value: null, deleted: true };

describe('a row with another key', () => {
  it('withdraws its figures from the entity that it stood under', () => {
    const replaces = { when: WHEN, entity: OLD_ENTITY };
    expect(mapRow({ replaces }, { ...ROW, oldProvince: '2' })).toEqual([RECORD, { ...GONE, entityCode: '02' }]);
    expect(mapRow({ replaces }, { ...ROW, oldProvince: '' })).toEqual([RECORD]);
    expect(mapRow({ replaces }, ROW)).toEqual([RECORD]);
    expect(mapRow({ replaces }, { ...ROW, oldProvince: '01' })).toEqual([RECORD]);
  });

  it('withdraws them from another period', () => {
    const replaces = { when: 'has(row.oldYear)', period: { field: 'oldYear', format: 'year' } };
    expect(mapRow({ replaces }, { ...ROW, oldYear: '2023' })).toEqual([RECORD, { ...GONE, period: '2023' }]);
  });

  it('is rejected beside its figures when the old key cannot be read', () => {
    const replaces = { when: 'true', entity: OLD_ENTITY };
    expect(mapRow({ replaces }, ROW)).toEqual([
      RECORD,
      expect.objectContaining({ kind: 'rejected', rule: 'required' }),
    ]);
  });

  it('withdraws nothing for figures that are rejected or left out', () => {
    const replaces = { when: WHEN, entity: OLD_ENTITY };
    expect(mapRow({ replaces }, { ...ROW, share: 'many', oldProvince: '2' })).toHaveLength(1);
  });

  it('has an old entity or an old period', () => {
    expect(mappingSchema.safeParse({ ...SMALLEST, replaces: { when: 'true' } }).success).toBe(false);
  });
});
