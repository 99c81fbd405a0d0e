import { describe, expect, it } from 'vitest';
import { changeSince, historyOf } from '../../src/dashboard/ranking/history.js';
import { movesBetween } from '../../src/dashboard/ranking/move.js';
import { nextOrder, readOrder, sortRows } from '../../src/dashboard/ranking/order.js';
import { isFound } from '../../src/dashboard/ranking/search.js';
import { compileEntitySearch } from '../../src/domain/entitySearch.js';
import { otherNamesOf } from '../../src/domain/otherName.js';
import { prepareText } from '../../src/domain/search.js';

describe('historyOf', () => {
  const daNang = {
    id: 'Entity:GSO-2025:48',
    predecessors: [{ id: 'Entity:GSO-2004:48' }, { id: 'Entity:GSO-2004:49' }],
  };
  const hue = { id: 'Entity:GSO-2025:46', predecessors: [{ id: 'Entity:GSO-2004:46' }] };
  const scoreOf = (entityId: string, year: number, value: number | null, rank = 1) => ({ entityId, year, value, rank });

  it('goes on from the plain mean of the predecessors, ranked among such means, and says so', () => {
    const histories = historyOf(
      [daNang, hue],
      [
        scoreOf('Entity:GSO-2004:48', 2023, 0.8335, 1),
        scoreOf('Entity:GSO-2004:49', 2023, 0.5803, 30),
        scoreOf('Entity:GSO-2004:46', 2023, 0.72, 3),
        scoreOf('Entity:GSO-2025:48', 2026, 0.8, 1),
        scoreOf('Entity:GSO-2025:46', 2026, 0.7, 2),
      ],
    );
    expect(histories.get('Entity:GSO-2025:48')).toEqual([
      { year: 2023, value: (0.8335 + 0.5803) / 2, rank: 2, isDerived: true },
      { year: 2026, value: 0.8, rank: 1, isDerived: false },
    ]);
    expect(histories.get('Entity:GSO-2025:46')?.[0]).toEqual({ year: 2023, value: 0.72, rank: 1, isDerived: true });
  });

  it('never joins by a bare code: 15 was Yên Bái and is Lào Cai', () => {
    const laoCai = { id: 'Entity:GSO-2025:15', predecessors: [] };
    expect(historyOf([laoCai], [scoreOf('Entity:GSO-2004:15', 2023, 0.6)]).get('Entity:GSO-2025:15')).toEqual([]);
  });

  it('has no mean when a predecessor has no value, and then no rank for the others', () => {
    const histories = historyOf(
      [daNang, hue],
      [
        scoreOf('Entity:GSO-2004:48', 2023, 0.8),
        scoreOf('Entity:GSO-2004:49', 2023, null),
        scoreOf('Entity:GSO-2004:46', 2023, 0.7),
      ],
    );
    expect(histories.get('Entity:GSO-2025:48')).toEqual([]);
    expect(histories.get('Entity:GSO-2025:46')).toEqual([{ year: 2023, value: 0.7, rank: null, isDerived: true }]);
  });

  it('tells the change since the last year before that had a value', () => {
    const history = [
      { year: 2022, value: 0.5, rank: 4, isDerived: true },
      { year: 2023, value: null, rank: null, isDerived: true },
      { year: 2026, value: 0.7, rank: 1, isDerived: false },
    ];
    const now = { year: 2026, rank: 1, value: 0.75 };
    expect(changeSince(now, history)).toEqual({ rank: 3, value: 0.25, since: 2022, isDerived: true });
    expect(changeSince({ ...now, year: 2022 }, history)).toBeNull();
  });
});

describe('the order of rows', () => {
  const row = (id: string, rank: number | null, change: number | null) => ({
    ...{ id, name: id, rank, change, value: null, automatic: null, coverage: null },
  });
  const rows = [row('c', 3, null), row('a', 1, -2), row('b', 2, 5), row('d', null, 5)];
  const idsBy = (order: string): string =>
    sortRows(rows, readOrder(order), (a, b) => (a < b ? -1 : 1))
      .map(({ id }) => id)
      .join('');

  it('puts what has no figure last in both directions, and ties by rank', () => {
    expect(idsBy('rank')).toBe('abcd');
    expect(idsBy('-rank')).toBe('cbad');
    expect(idsBy('-change')).toBe('bdac');
    expect(idsBy('change')).toBe('abdc');
    expect(idsBy('-name')).toBe('dcba');
  });

  it('begins a column with what one looks at first, then turns round', () => {
    expect(nextOrder(readOrder('rank'), 'change')).toBe('-change');
    expect(nextOrder(readOrder('-change'), 'change')).toBe('change');
    expect(nextOrder(readOrder('nonsense'), 'name')).toBe('name');
  });
});

describe('movesBetween', () => {
  it('counts who stands elsewhere, and names who rose highest', () => {
    const before = new Map([
      ['a', { rank: 1, value: 0.9 }],
      ['b', { rank: 2, value: 0.8 }],
      ['c', { rank: 3, value: 0.7 }],
    ]);
    const after = new Map([
      ['a', { rank: 2, value: 0.9 }],
      ['b', { rank: 1, value: 0.95 }],
      ['c', { rank: 3, value: 0.75 }],
      ['new', { rank: 4, value: 0.1 }],
    ]);
    expect(movesBetween(before, after)).toEqual({
      ...{ rankChanges: 2, valueChanges: 2, leader: { id: 'b', rank: 1, isUp: true } },
    });
    expect(movesBetween(before, before)).toEqual({ rankChanges: 0, valueChanges: 0, leader: null });
  });
});

describe('isFound', () => {
  const name = { vi: 'Thành phố Hồ Chí Minh', en: 'Ho Chi Minh City' };
  const texts = [name.vi, name.en, '79', ...otherNamesOf({ level: 'PROVINCE', code: '79', name })];

  it('finds names whatever the case and the diacritics', () => {
    for (const search of ['da nang', 'ĐÀ NẴNG', 'đa', '  nang ', 'danang', 'tỉnh Đà Nẵng', 'TP.Đà Nẵng', ''])
      expect(isFound(search, ['Đà Nẵng', '48'])).toBe(true);
    for (const search of ['dan', 'hue', 'tp hue']) expect(isFound(search, ['Đà Nẵng', '48'])).toBe(false);
  });

  it.each([
    ...[
      'TP. Hồ Chí Minh',
      'tp ho chi minh',
      'TPHCM',
      'TP.HCM',
      'T.P. HCM',
      'HCMC',
      'hochiminh',
      'Sài Gòn',
      'saigon',
      'tphochiminh',
    ],
    ...[
      'Ho Chi Minh City',
      'ho chi minh province',
      'thành phố hcm',
      'Tỉnh Sài Gòn',
      'Huế',
      'tp',
      'city',
      'TP Huế',
      '79',
    ],
  ])('finds as the graph does: %s', (search) => {
    const place = compileEntitySearch(search)?.(texts.map(prepareText), 'PROVINCE') ?? null;
    expect(isFound(search, texts)).toBe(place !== null);
  });
});
