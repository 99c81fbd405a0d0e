import { describe, expect, it } from 'vitest';
import { buildAliasIndex } from '../../../src/source/map/entityName.js';
import { mapRow, ROW } from './sampleMapping.js';

describe('an entity by name', () => {
  const indexes = new Map([
    [
      'GSO-2004',
      buildAliasIndex([
        { code: '79', names: ['Thành phố Hồ Chí Minh'], kind: 'municipality' },
        { code: '02', names: ['Hà Giang'], kind: 'province' },
      ]),
    ],
    ['GSO-2025', buildAliasIndex([{ code: '79', names: ['Thành phố Hồ Chí Minh'], kind: 'municipality' }])],
  ]);
  const entityByName = (system: string, name: string): string | null => indexes.get(system)?.codeOf(name) ?? null;
  const codeSystem = {
    byPeriod: [
      { codeSystem: 'GSO-2025', from: '2025-07-01' },
      { codeSystem: 'GSO-2004', from: '2004-01-01', until: '2025-06-30' },
    ],
  };
  const entity = {
    by: 'name',
    codeSystem,
    field: 'name',
    aliases: { 'Sài Gòn': 'Hồ Chí Minh' },
    stripPrefixes: ['UBND'],
  };
  const period = { field: 'month', format: 'yearMonth' };
  const map = (name: string, month = '2024-03') =>
    mapRow({ entity, period }, { ...ROW, name, month }, { entityByName })[0];

  it.each([
    ['TP. Hồ Chí Minh', '79'],
    ['sài gòn', '79'],
    ['UBND TP. Hồ Chí Minh', '79'],
    ['UBND tỉnh Hà Giang', '02'],
    ['HÀ GIANG'.normalize('NFD'), '02'],
  ])('finds %s', (name, entityCode) => {
    expect(map(name)).toMatchObject({ kind: 'record', codeSystem: 'GSO-2004', entityCode });
  });

  it.each(['Ha Giang', 'Thành phố Hà Giang', 'Hà Giangg', 'Cả nước'])('rejects %s instead of guessing', (name) => {
    const message = expect.stringContaining(`"${name}" in the code system GSO-2004`);
    expect(map(name)).toEqual({ kind: 'rejected', rule: 'entity', message });
  });

  it('uses the code system of the last day of the period', () => {
    expect(map('Sài Gòn', '2025-06')).toMatchObject({ codeSystem: 'GSO-2004' });
    expect(map('Sài Gòn', '2025-07')).toMatchObject({ codeSystem: 'GSO-2025' });
    expect(map('Hà Giang', '2025-07')).toMatchObject({ kind: 'rejected', rule: 'entity' });
    expect(map('Hà Giang', '2003-12')).toMatchObject({
      rule: 'entity',
      message: 'no code system is stated for the period 2003-12',
    });
  });
});
