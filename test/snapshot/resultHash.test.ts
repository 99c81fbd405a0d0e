import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ENGINE_VERSION } from '../../src/scoring/version.js';
import { ResultDigest, resultHash, resultHashForm } from '../../src/snapshot/resultHash.js';
import { makeColumns, type TestRow } from './columnsFixture.js';

const HUE: TestRow = { id: 1, values: [0.1, 1 / 3], ranks: [2, 1] };
const DA_NANG: TestRow = { id: 2, values: [0.8, null], ranks: [1, 0] };
const KEYS = ['GSO-2004:46', 'GSO-2004:48'];
const CODES = ['INDEX', 'A'];
const columns = makeColumns([HUE, DA_NANG], 2);
const HASH = resultHash(columns, KEYS, CODES);

describe('resultHash', () => {
  const TABLE = [
    '["GSO-2004:46","GSO-2004:48"]\n',
    '["A",[333333333333,null],[1,null]]\n',
    '["INDEX",[100000000000,800000000000],[2,1]]\n',
  ];
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

  it('is the digest of the digests of the lines of the published table, written as the manual says', () => {
    expect(HASH).toBe(sha256(TABLE.map((line) => `${sha256(line)}\n`).join('')));
  });

  it('is the digest of the whole table for snapshots of the first engine', () => {
    expect(resultHash(columns, KEYS, CODES, resultHashForm('1'))).toBe(sha256(TABLE.join('')));
    expect(resultHashForm(ENGINE_VERSION)).toBe('HASHES');
  });

  it('is the same when only the measures that changed are hashed again', () => {
    const digest = new ResultDigest(columns, KEYS, CODES);
    digest.hash(columns, null);
    const changed = makeColumns([{ ...HUE, values: [0.1, 0.5] }, DA_NANG], 2);
    expect(digest.hash(changed, [1])).toBe(resultHash(changed, KEYS, CODES));
    expect(digest.hash(columns, [1])).toBe(HASH);
  });

  it('does not depend on ids, or on the order of rows and measures', () => {
    const renumbered = makeColumns(
      [
        { ...HUE, id: 90 },
        { ...DA_NANG, id: 91 },
      ],
      2,
    );
    expect(resultHash({ ...renumbered, observationId: new Float64Array(4) }, KEYS, CODES)).toBe(HASH);
    const turn = ({ id, values, ranks }: TestRow): TestRow => ({
      id,
      values: values.toReversed(),
      ranks: ranks.toReversed(),
    });
    const turned = makeColumns([turn(DA_NANG), turn(HUE)], 2);
    expect(resultHash(turned, KEYS.toReversed(), CODES.toReversed())).toBe(HASH);
  });

  it.each<[string, readonly TestRow[], readonly string[], readonly string[]]>([
    ['a value, by one unit', [{ ...HUE, values: [0.100000000001, 1 / 3] }, DA_NANG], KEYS, CODES],
    ['no value in place of 0', [HUE, { ...DA_NANG, values: [0.8, 0] }], KEYS, CODES],
    ['a rank', [{ ...HUE, ranks: [1, 1] }, DA_NANG], KEYS, CODES],
    ['an entity key', [HUE, DA_NANG], ['GSO-2004:46', 'GSO-2025:48'], CODES],
    ['a measure code', [HUE, DA_NANG], KEYS, ['INDEX', 'B']],
  ])('changes with %s', (_, rows, keys, codes) => {
    expect(resultHash(makeColumns(rows, 2), keys, codes)).not.toBe(HASH);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['too few keys', KEYS.slice(1), CODES],
    ['too many codes', KEYS, [...CODES, 'B']],
    ['a key twice', ['GSO-2004:46', 'GSO-2004:46'], CODES],
  ])('refuses %s', (_, keys, codes) => {
    expect(() => resultHash(columns, keys, codes)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_CORRUPT' }));
  });
});
