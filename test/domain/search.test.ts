import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareNames, compileSearch, prepareText } from '../../src/domain/search.js';
import { foldText } from '../../src/domain/text.js';

/** The Vietnamese names of the 63 provinces. */
const PROVINCES = readNames();

function readNames(): string[] {
  const [head = '', ...lines] = readFileSync('data/entities/provinces-63.csv', 'utf8').trim().split('\n');
  const at = head.split(',').indexOf('name_vi');
  return lines.map((line) => line.split(',')[at] ?? '');
}

/** Names that a search finds, best first, ties by name. */
function find(wanted: string, names: readonly string[] = PROVINCES): string[] {
  const search = compileSearch(wanted);
  const found = names.flatMap((name) => {
    const place = search?.([prepareText(name)]) ?? null;
    return place === null ? [] : [{ name, place }];
  });
  return found.sort((a, b) => a.place - b.place || compareNames(a.name, b.name)).map(({ name }) => name);
}

describe('compileSearch', () => {
  it.each([
    ['da nang', ['Đà Nẵng']],
    ['ĐÀ NẴNG', ['Đà Nẵng']],
    ['Đà Nẵng'.normalize('NFD'), ['Đà Nẵng']],
    ['  đà   nẵng ', ['Đà Nẵng']],
    ['nang da', ['Đà Nẵng']],
    ['thua thien', ['Thừa Thiên Huế']],
    ['hue', ['Thừa Thiên Huế']],
    ['dak', ['Đắk Lắk', 'Đắk Nông']],
    ['ba ria vung tau', ['Bà Rịa - Vũng Tàu']],
    ['danang', ['Đà Nẵng']],
    ['bariavungtau', ['Bà Rịa - Vũng Tàu']],
    ['vungtau', ['Bà Rịa - Vũng Tàu']],
    ['daklak', ['Đắk Lắk']],
    // Too short to be found without its spaces.
    ['cama', []],
    ['no such place', []],
    ['da nang city of dreams', []],
  ])('%s finds %j', (wanted, expected) => {
    const plain = find(wanted).map((name) => name.replace('–', '-'));
    expect(plain).toEqual(expected);
  });

  it('finds every province by its name without diacritics, in either Unicode form, and puts it first', () => {
    expect(PROVINCES).toHaveLength(63);
    for (const name of PROVINCES) {
      for (const wanted of [name, foldText(name), name.toUpperCase(), name.normalize('NFD')]) {
        expect(find(wanted)[0]).toBe(name);
      }
    }
  });

  it('puts the whole name first, then its beginning, words of it, and parts of words', () => {
    const names = ['Bắc Hà', 'Hà', 'Hà Nội', 'Xã Hàm', 'Thahà', 'Nội Hà'];
    expect(find('ha', names)).toEqual(['Hà', 'Hà Nội', 'Bắc Hà', 'Nội Hà', 'Xã Hàm', 'Thahà']);
    expect(find('noi ha', names)).toEqual(['Nội Hà', 'Hà Nội']);
  });

  it('puts names with the same diacritics first when there are some', () => {
    const names = ['Bình Định', 'Binh Đinh', 'Bính Đình', 'Xã Bình Định'];
    expect(find('bình định', names)).toEqual(['Bình Định', 'Xã Bình Định', 'Bính Đình', 'Binh Đinh'].sort(byWay));
    expect(find('binh dinh', names).slice(0, 3).sort()).toEqual(['Binh Đinh', 'Bình Định', 'Bính Đình'].sort());
    function byWay(a: string, b: string): number {
      const rank = (name: string) => (name === 'Bình Định' ? 0 : name === 'Xã Bình Định' ? 1 : 2);
      return rank(a) - rank(b) || compareNames(a, b);
    }
  });

  it.each(['', '   ', '\t\n'])('has nothing to find for %j', (wanted) => {
    expect(compileSearch(wanted)).toBeNull();
  });

  it('finds what has the same punctuation when nothing else is typed', () => {
    const names = ['Tỷ lệ (%)', 'so_dang_ky', 'Bà Rịa - Vũng Tàu', 'Huế'];
    expect(find('%', names)).toEqual(['Tỷ lệ (%)']);
    expect(find(' _ ', names)).toEqual(['so_dang_ky']);
    expect(find('---', names)).toEqual([]);
    for (const wanted of ['%', '_', '%%', '😀', '\u0301']) expect(find(wanted)).toEqual([]);
  });
});

describe('compareNames', () => {
  it('is the order of Vietnamese dictionaries', () => {
    const letters = [...'aăâbcdđeêghiklmnoôơpqrstuưvxy'];
    expect([...letters].reverse().sort(compareNames)).toEqual(letters);
    const words = ['dân', 'đan', 'dan', 'ân', 'an', 'ăn', 'đen', 'em', 'êm'];
    expect(words.sort(compareNames)).toEqual(['an', 'ăn', 'ân', 'dan', 'dân', 'đan', 'đen', 'em', 'êm']);
  });

  it('orders numbers in names by size, and does not mind the Unicode form', () => {
    expect(['Phường 10', 'Phường 2', 'Phường 1'].sort(compareNames)).toEqual(['Phường 1', 'Phường 2', 'Phường 10']);
    expect(compareNames('Đà Nẵng', 'Đà Nẵng'.normalize('NFD'))).toBe(0);
  });
});
