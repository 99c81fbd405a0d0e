import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256 } from '../../src/source/hash.js';
import { describeBody, memberCount, memberText, parseJson } from '../../src/source/json.js';

describe('parseJson', () => {
  it.each([
    ['[9007199254740991]', [9007199254740991]],
    ['[9007199254740993]', ['9007199254740993']],
    ['[12345678901234567890123]', ['12345678901234567890123']],
    ['[0.1, 1.10, 1e3]', ['0.1', '1.10', 1000]],
    ['{"a":{"b":0.30000000000000004}}', { a: { b: '0.30000000000000004' } }],
  ])('keeps all digits of %s', (text, data) => {
    expect(parseJson(text)).toEqual(data);
  });

  it.each(['', '<html>', '{"a":1', 'NaN'])('refuses %j', (text) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'SYNC_PROTOCOL' }));
  });

  it('reads members without trusting their types', () => {
    const data = parseJson('{"n":5,"big":9007199254740993,"t":"n/a","z":null,"o":{},"minus":-1}');
    expect(['n', 'big', 't', 'z', 'o', 'absent'].map((name) => memberText(data, name))).toEqual([
      '5',
      '9007199254740993',
      'n/a',
      null,
      null,
      null,
    ]);
    expect(['n', 'big', 't', 'z', 'minus'].map((name) => memberCount(data, name))).toEqual([5, null, null, null, null]);
    expect(memberText(null, 'n')).toBeNull();
  });
});

describe('describeBody', () => {
  it('never shows a part of a word that the cut splits', () => {
    expect(describeBody(`${'x '.repeat(38)}verysecretvalue`)).not.toContain('very');
    expect(describeBody(' \n')).toBe('an empty body');
    expect(describeBody('<html>\n  <body>')).toBe('"<html> <body>"');
  });
});

describe('canonicalJson', () => {
  it('does not depend on the order of members', () => {
    const [left, right] = [
      { b: [1, { d: null, c: 'é' }], a: true },
      { a: true, b: [1, { c: 'é', d: null }] },
    ];
    expect(canonicalJson(left)).toBe('{"a":true,"b":[1,{"c":"é","d":null}]}');
    expect(sha256(canonicalJson(left))).toBe(sha256(canonicalJson(right)));
    expect(canonicalJson({ a: undefined })).toBe('{}');
  });
});
