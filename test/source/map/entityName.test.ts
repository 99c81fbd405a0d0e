import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildAliasIndex, type NamedEntity, normaliseName } from '../../../src/source/map/entityName.js';

function readEntities(file: string, kindColumn: string): readonly NamedEntity[] {
  const path = new URL(`../../../data/entities/${file}`, import.meta.url);
  const rows: readonly Record<string, string>[] = parse(readFileSync(path), { columns: true });
  return rows.map((row) => ({ code: row.code ?? '', names: [row.name_vi ?? ''], kind: row[kindColumn] ?? '' }));
}

/** Moves the tone in the finals oa, oe and uy, where schools disagree: Hòa and Hoà. */
function otherTone(name: string): string {
  return name
    .normalize('NFD')
    .replace(/([oO])([\u0300\u0301\u0303\u0309\u0323])([ae])(?![\p{L}\p{M}])/gu, '$1$3$2')
    .replace(/([uU])([\u0300\u0301\u0303\u0309\u0323])(y)(?![\p{L}\p{M}])/gu, '$1$3$2')
    .normalize('NFC');
}

function withoutTones(name: string): string {
  return name.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/g, 'd').replace(/Đ/g, 'D');
}

const SYSTEMS = [
  { system: 'GSO-2004', entities: readEntities('provinces-63.csv', 'type'), count: 63 },
  { system: 'GSO-2025', entities: readEntities('provinces-34.csv', 'type'), count: 34 },
];
const PROVINCES = SYSTEMS.flatMap(({ system, entities }) => {
  const index = buildAliasIndex(entities);
  return entities.map(({ code, names: [name = ''], kind }) => ({ system, code, name, kind, index }));
});
const bare = (name: string): string => name.replace(/^Thành phố /, '');

describe('the names of provinces', () => {
  it('are 63 and 34', () => {
    expect(SYSTEMS.map(({ entities }) => entities.length)).toEqual(SYSTEMS.map(({ count }) => count));
  });

  it.each(PROVINCES)('$system $code $name is found in every spelling', ({ code, name, kind, index }) => {
    const prefixes =
      kind === 'municipality'
        ? ['', 'Thành phố ', 'TP. ', 'TP.', 'tp ', 'T.P. ', 'THÀNH PHỐ ']
        : ['', 'Tỉnh ', 'tỉnh ', 'TỈNH '];
    for (const prefix of prefixes) {
      const spelling = `${prefix}${bare(name)}`;
      const variants = [
        spelling,
        spelling.toUpperCase(),
        spelling.toLowerCase(),
        spelling.normalize('NFD'),
        otherTone(spelling),
        `  ${spelling.replaceAll(' ', '\u00A0 ')}\u200B`,
        spelling.replace(' - ', '–'),
        spelling.replace(' - ', ' '),
        spelling.replaceAll('Đ', '\u00D0').replaceAll('đ', '\u00F0'),
        spelling.replace('Đắk', 'Đăk').replace('Lắk', 'Lăk'),
      ];
      const found = variants.map((variant) => index.codeOf(normaliseName(variant)));
      expect(found).toEqual(variants.map(() => code));
    }
  });

  it.each(PROVINCES)('$system $code $name is not found with another kind’s word', ({ name, kind, index }) => {
    const others = kind === 'municipality' ? ['Tỉnh', 'Bộ'] : ['Thành phố', 'TP.', 'Bộ'];
    for (const prefix of others) expect(index.codeOf(normaliseName(`${prefix} ${bare(name)}`))).toBe(null);
  });

  it('are not found without their tones, unless an alias says so', () => {
    for (const { code, name, index } of PROVINCES) {
      const plain = withoutTones(name);
      expect(index.codeOf(normaliseName(plain))).toBe(normaliseName(plain) === normaliseName(name) ? code : null);
    }
    const [{ entities }] = SYSTEMS as [(typeof SYSTEMS)[number]];
    const index = buildAliasIndex(entities, [{ name: 'Ha Noi', code: '01' }]);
    expect(index.codeOf(normaliseName('HA NOI'))).toBe('01');
    expect(index.codeOf(normaliseName('TP Ha Noi'))).toBe(null);
  });
});

describe('the names of central bodies', () => {
  const entities = readEntities('ministries.csv', 'kind');
  const index = buildAliasIndex(entities);
  const find = (name: string): string | null => index.codeOf(normaliseName(name));

  it('are found with and without Bộ', () => {
    for (const { code, names, kind } of entities) {
      for (const name of names) {
        expect(find(name.toUpperCase())).toBe(code);
        if (kind === 'ministry') expect(find(name.replace(/^Bộ /, ''))).toBe(code);
      }
    }
  });

  it.each([
    ['Bộ Văn hoá, Thể thao và Du lịch', 'MCST'],
    ['BỘ LAO ĐỘNG – THƯƠNG BINH VÀ XÃ HỘI', 'MOLISA'],
    ['Uỷ ban Dân tộc', 'CEMA'],
    ['y tế', 'MOH'],
    ['Bộ Thanh tra Chính phủ', null],
    ['Sở Y tế', null],
    ['', null],
  ])('finds %s as %s', (name, code) => {
    expect(find(name)).toBe(code);
  });
});

describe('a normal form', () => {
  it.each([
    ['Hòa Bình', 'Hoà Bình'],
    ['Thuỷ Nguyên', 'Thủy Nguyên'],
    ['Đắk Lắk', 'ĐĂK LĂK'],
    ['Bà Rịa - Vũng Tàu', 'BÀ RỊA-VŨNG TÀU'],
    ['Thừa Thiên - Huế', 'Thừa Thiên Huế'],
    ['TP.Hồ Chí Minh', 'Thành phố Hồ Chí Minh'],
    ['\u00D0à Nẵng', 'Đà Nẵng'],
  ])('is the same for %s and %s', (left, right) => {
    expect(normaliseName(left)).toBe(normaliseName(right));
  });

  it.each([
    ['Hà Nội', 'Ha Noi'],
    ['Hà Nam', 'Hạ Nam'],
    ['Thanh Hóa', 'Thành phố Thanh Hóa'],
    ['Bắc Kạn', 'Bắc Cạn'],
    ['Tỉnh', 'Tình'],
  ])('differs for %s and %s', (left, right) => {
    expect(normaliseName(left)).not.toBe(normaliseName(right));
  });

  it('stays the same when written again, and does not depend on the Unicode form', () => {
    const words = fc.constantFrom(
      'Tỉnh',
      'TP.',
      'Hoà',
      'hòa',
      'Đăk',
      '-',
      'T.',
      'P',
      'Bộ',
      "'",
      'Ưng',
      '\u0301',
      'thành phố',
    );
    const names = fc.oneof(
      fc.array(words).map((parts) => parts.join(' ')),
      fc.string({ unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(names, (name) => {
        const form = normaliseName(name);
        expect(normaliseName(form)).toBe(form);
        expect(normaliseName(name.normalize('NFD'))).toBe(normaliseName(name.normalize('NFC')));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('an index of aliases', () => {
  it('refuses a name with two meanings, naming all of them', () => {
    const entities = [
      { code: '1', names: ['Hòa Bình'] },
      { code: '2', names: ['Hoà Bình', 'Huế'] },
    ];
    const aliases = [
      { name: 'HUẾ', code: '1' },
      { name: '--', code: '2' },
    ];
    expect(() => buildAliasIndex(entities, aliases)).toThrow(
      expect.objectContaining({
        code: 'SYNC_CONFIG',
        message: expect.stringMatching(/"Hoà Bình" means 1 and 2; "HUẾ" means 2 and 1; "--" \(2\) has no letters/),
      }),
    );
  });

  it('takes an alias that says what is known, and aliases as they are', () => {
    const index = buildAliasIndex(
      [{ code: '46', names: ['Thừa Thiên Huế'], kind: 'province' }],
      [
        { name: 'thừa thiên - huế', code: '46' },
        { name: 'TP. Huế', code: '46' },
      ],
    );
    const codes = ['Thành phố Huế', 'Huế', 'Tỉnh Thừa Thiên-Huế'].map((name) => index.codeOf(normaliseName(name)));
    expect(codes).toEqual(['46', null, '46']);
  });

  it('adds no word for a kind that it is not told', () => {
    const index = buildAliasIndex([{ code: '01', names: ['Thành phố Hà Nội'] }]);
    const codes = ['TP Hà Nội', 'Hà Nội', 'Tỉnh Hà Nội'].map((name) => index.codeOf(normaliseName(name)));
    expect(codes).toEqual(['01', '01', null]);
  });
});
