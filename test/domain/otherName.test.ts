import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Entity } from '../../src/domain/entity.js';
import { compileEntitySearch } from '../../src/domain/entitySearch.js';
import { otherNamesOf } from '../../src/domain/otherName.js';
import { prepareText } from '../../src/domain/search.js';

/** The central bodies of the reference data, their first two cells. */
const BODIES = readFileSync('data/entities/ministries.csv', 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line): Pick<Entity, 'level' | 'code' | 'name'> => {
    const [, code = '', quoted, bare] = /^(\w+),(?:"([^"]+)"|([^,]+)),/.exec(line) ?? [];
    const name = quoted ?? bare ?? '';
    return { level: 'MINISTRY', code, name: { vi: name, en: name } };
  });

/** Codes that a search finds, the best alone. */
function findBest(wanted: string): string[] {
  const search = compileEntitySearch(wanted);
  const found = BODIES.flatMap((body) => {
    const texts = [body.name.vi, body.code, ...otherNamesOf(body)].map(prepareText);
    const place = search?.(texts, body.level) ?? null;
    return place === null ? [] : [{ code: body.code, place }];
  });
  const best = Math.min(...found.map(({ place }) => place));
  return found.filter(({ place }) => place === best).map(({ code }) => code);
}

it('every central body has other names, and each means it alone', () => {
  expect(BODIES).toHaveLength(32);
  for (const body of BODIES) {
    expect(otherNamesOf(body)).not.toEqual([]);
    for (const name of otherNamesOf(body)) expect([name, findBest(name)]).toEqual([name, [body.code]]);
  }
});

it.each([
  ['Bộ TT&TT', 'MIC'],
  ['bo tttt', 'MIC'],
  ['TT&TT', 'MIC'],
  ['Bộ KHĐT', 'MPI'],
  ['Bộ KH&ĐT', 'MPI'],
  ['KHCN', 'MOST'],
  ['NHNN', 'SBV'],
  ['BHXH', 'VSS'],
  ['GTVT', 'MOT'],
])('%s is %s', (wanted, code) => {
  expect(findBest(wanted)).toContain(code);
});
