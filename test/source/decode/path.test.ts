import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePath, describeSteps, followSteps, pathSchema, pathSteps } from '../../../src/source/decode/path.js';

const DOCUMENT = {
  data: { items: [{ id: 1 }, { id: 2, tags: ['a', 'b'] }], 'a.b': { 'c"d': 7 }, empty: [], nothing: null },
  '@odata.nextLink': '/next',
  'Mã tỉnh': '01',
};

describe('compilePath', () => {
  it.each([
    ['$', [DOCUMENT]],
    ['data.items', [DOCUMENT.data.items]],
    ['$.data.items[0].id', [1]],
    ['data.items[*].id', [1, 2]],
    ['data.items.*.id', [1, 2]],
    ['data.items[*].tags[*]', ['a', 'b']],
    ['["@odata.nextLink"]', ['/next']],
    ["data['a.b']['c\"d']", [7]],
    ['data["a.b"]["c\\"d"]', [7]],
    ['["Mã tỉnh"]', ['01']],
    ['data.empty[*]', []],
    ['data.nothing', [null]],
    ['data.nothing.deeper', []],
    ['data.items[7]', []],
    ['data.items.id', []],
    ['data.*', []],
    ['absent', []],
    ['__proto__', []],
    ['constructor.name', []],
    ['data.items.length', []],
  ])('finds what is at %s', (path, found) => {
    expect(compilePath(path)(DOCUMENT)).toEqual(found);
  });

  it.each([
    ['', 1],
    ['a..b', 3],
    ['a.', 3],
    ['.a', 1],
    ['a[', 2],
    ['a[-1]', 2],
    ['a[?(@.x)]', 2],
    ['a b', 2],
    ['a["b]', 2],
    ['a.$', 3],
    ['*x', 2],
    ['a'.repeat(501), 1],
    [Array.from({ length: 33 }, () => 'a').join('.'), 64],
  ])('refuses %j and names the column', (path, column) => {
    expect(() => compilePath(path)).toThrow(expect.objectContaining({ code: 'SYNC_CONFIG' }));
    expect(() => compilePath(path)).toThrow(`column ${column})`);
    expect(pathSchema.safeParse(path).success).toBe(false);
  });

  it('never throws anything but SYNC_CONFIG, and what it accepts is total', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab.$*[]"\'0\\') }), fc.jsonValue(), (path, document) => {
        const accepted = pathSchema.safeParse(path).success;
        if (accepted) expect(Array.isArray(compilePath(path)(document))).toBe(true);
        else expect(() => compilePath(path)).toThrow(expect.objectContaining({ code: 'SYNC_CONFIG' }));
      }),
    );
  });

  it('reads back the path that it writes', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('key' as const), key: fc.string() }),
      fc.record({ kind: fc.constant('index' as const), index: fc.nat(999) }),
      fc.constant({ kind: 'all' as const }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        expect(pathSteps(describeSteps(steps)).map((found) => ({ ...found }))).toEqual(steps);
      }),
    );
  });
});

describe('followSteps', () => {
  it.each([
    ['data.items[*].tags', 'data.items[*].tags (no such member)'],
    ['data.items.id', 'data.items.id (not an object but an array)'],
    ['data[*]', 'data[*] (not an array but an object)'],
    ['data.items[2]', 'data.items[2] (an array of 2)'],
  ])('says where %s could not be followed', (path, absent) => {
    expect(followSteps(DOCUMENT, pathSteps(path)).absent).toBe(absent);
  });
});
