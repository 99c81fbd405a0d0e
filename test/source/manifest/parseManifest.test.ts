import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Vocabulary } from '../../../src/source/manifest/checkWords.js';
import { manifestJsonSchema } from '../../../src/source/manifest/jsonSchema.js';
import { MAX_MANIFEST_BYTES } from '../../../src/source/manifest/manifestText.js';
import { parseManifest } from '../../../src/source/manifest/parseManifest.js';
import { PRESETS } from '../../../src/source/manifest/preset.js';
import { MANIFESTS } from './everyKey.js';
import { MAPPING, makeManifest } from './manifestFixture.js';

type Data = Readonly<Record<string, unknown>>;

/** Parts whose keys are free: names that the author chooses, and what he sends. */
const FREE = /(^|\.)(json|form|query|headers|carry|partitions|parameters)$/;

const VOCABULARY: Vocabulary = {
  hasFramework: (code) => code === 'PDTI-922',
  hasIndicator: () => false,
  indicatorCodes: () => ['ECO_ACTIVITY.08', 'SOC_ACTIVITY.06'],
  hasCodeSystem: () => true,
  hasEntityName: () => true,
  frameworkCodes: ['PDTI-922'],
  codeSystems: ['GSO-2025'],
};

/** Every key of a manifest that the language fixes, with its path. */
function keysOf(data: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (Array.isArray(data)) return data.flatMap((each, index) => keysOf(each, [...path, index]));
  if (typeof data !== 'object' || data === null) return [];
  const steps = path.filter((step) => typeof step === 'string').join('.');
  if (/(^|\.)json$/.test(steps)) return [];
  const isFree = FREE.test(steps);
  return Object.entries(data).flatMap(([key, member]) => [
    ...(isFree ? [] : [[...path, key]]),
    ...keysOf(member, [...path, key]),
  ]);
}

/** A copy with one key spelt otherwise, in its place. */
function misspell(data: unknown, path: readonly (string | number)[], wrong: string): unknown {
  const [step, ...rest] = path;
  if (Array.isArray(data)) return data.map((each, index) => (index === step ? misspell(each, rest, wrong) : each));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, member]) => {
      if (key !== step) return [key, member];
      return rest.length === 0 ? [wrong, member] : [key, misspell(member, rest, wrong)];
    }),
  );
}

/** Names of all keys of the language, but those of formats and mappings, which have tests of their own. */
function namesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([word, part]) => {
    if (word !== 'properties' || typeof part !== 'object' || part === null) return namesIn(part);
    return Object.entries(part).flatMap(([key, member]) => [
      key,
      ...(['format', 'mapping'].includes(key) ? [] : namesIn(member)),
    ]);
  });
}

describe('a manifest', () => {
  it('has no key that the manifests of this test leave out', () => {
    const used = Object.values(MANIFESTS).flatMap((manifest) => keysOf(manifest).map((path) => path.at(-1)));
    expect([...new Set(namesIn(manifestJsonSchema()))].filter((name) => !used.includes(name))).toEqual([]);
  });

  it.each(Object.entries(MANIFESTS))('%s passes, as YAML and as JSON', (_name, manifest) => {
    for (const text of [stringify(manifest), JSON.stringify(manifest), JSON.stringify(manifest, null, '\t')]) {
      expect(parseManifest(text).problems).toEqual([]);
    }
  });

  it.each(Object.entries(MANIFESTS))('%s: every key misspelt is named, with its line and column', (_name, manifest) => {
    for (const path of keysOf(manifest)) {
      const wrong = `${String(path.at(-1))}Qq`;
      const text = stringify(misspell(manifest, path, wrong), { aliasDuplicateObjects: false });
      const { manifest: parsed, problems } = parseManifest(text);
      const lines = text.split('\n');
      const named = problems.filter(({ message }) => message.includes(`"${wrong}"`));
      expect(parsed, path.join('.')).toBeNull();
      expect(named, path.join('.')).toHaveLength(1);
      const { line, column } = named[0] ?? { line: 0, column: 0 };
      expect(lines[line - 1]?.slice(column - 1), path.join('.')).toMatch(
        new RegExp(`^"?${wrong.replace('$', '\\$')}"?:`),
      );
    }
  });

  it('has every problem told at once, in the order of the text', () => {
    const text = [
      'key: Wrong Key',
      'version: 1',
      'name: { vi: A, en: B }',
      'owner: O',
      'kind: NATIONAL_DATABASE',
      'citation: C',
      'secrets: [known]',
      'authentication: { type: bearer, token: unknown }',
      'streams:',
      '  - name: rows',
      '    requst: { path: /a }',
      '    request:',
      "      path: '/a/{{ pagee }}'",
      "      headers: { x: '{{ secret.other }}', y: '{{ open' }",
      '    pagination: { type: page, stop: { rule: lastPage, path: "a[" } }',
      "    verify: ['body.x +', 'nobody == 1']",
      '    format: { type: json }',
    ].join('\n');
    const { problems } = parseManifest(text);
    const told = problems.map(({ line, column, code, path }) => `${line}:${column} ${code} ${path}`);
    expect(told).toEqual([
      '1:1 required licence',
      '1:6 value key',
      '8:40 secret authentication.token',
      '10:5 required streams[0].mapping',
      '11:5 unknown_key streams[0].requst',
      '13:13 placeholder streams[0].request.path',
      '14:21 secret streams[0].request.headers.x',
      '14:46 placeholder streams[0].request.headers.y',
      '15:17 placeholder streams[0].pagination',
      '15:61 path streams[0].pagination.stop.path',
      '16:14 cel streams[0].verify[0]',
      '16:26 cel streams[0].verify[1]',
    ]);
    expect(problems.find(({ code }) => code === 'unknown_key')?.message).toBe(
      'There is no key "requst" here; did you mean "request"?',
    );
  });

  it('says which word was probably meant', () => {
    const told = (part: Data, whole: Data = {}) =>
      parseManifest(JSON.stringify(makeManifest(part, whole)), VOCABULARY).problems.map(({ message }) => message);
    expect(told({ format: { type: 'jsno' } }).join()).toContain('did you mean "json"?');
    expect(told({}, { kind: 'NATIONAL_DATABSE' }).join()).toContain('did you mean "NATIONAL_DATABASE"?');
    const wrong = {
      ...MAPPING,
      framework: 'PDTI-92',
      figures: [{ indicator: 'SOC_ACTIVTY.06', value: { field: 'a' } }],
    };
    expect(told({ mapping: wrong })).toContain('There is no framework "PDTI-92"; did you mean "PDTI-922"?');
    const misspelt = { ...wrong, framework: 'PDTI-922', period: { field: 'p', format: 'tmonth' } };
    expect(told({ mapping: misspelt })).toEqual(
      expect.arrayContaining([
        'There is no indicator "SOC_ACTIVTY.06" in PDTI-922; did you mean "SOC_ACTIVITY.06"?',
        expect.stringMatching(/^"format": .*; did you mean "tMonth"\?$/),
      ]),
    );
  });

  it('says where a kind is missing or unknown', () => {
    const problems = (authentication: unknown) =>
      parseManifest(JSON.stringify(makeManifest({}, { authentication }))).problems;
    expect(problems({})).toMatchObject([{ code: 'required', path: 'authentication.type' }]);
    expect(problems({ type: 'magic' })).toMatchObject([{ code: 'value', path: 'authentication.type' }]);
    expect(problems('basic')).toMatchObject([{ code: 'value', path: 'authentication' }]);
  });

  it('says in one text or in both languages who answers for the data', () => {
    const parsed = (owner: unknown) => parseManifest(JSON.stringify(makeManifest({}, { owner })));
    expect(['O', { vi: 'C', en: 'O' }].map((owner) => parsed(owner).manifest?.owner)).toEqual([
      'O',
      { vi: 'C', en: 'O' },
    ]);
    expect(parsed({ vi: 'C' }).problems).toMatchObject([{ code: 'required', path: 'owner.en' }]);
    expect(parsed({ vi: 'C', en: 'O', fr: 'O' }).problems).toMatchObject([{ code: 'unknown_key', path: 'owner.fr' }]);
    expect(parsed(7).problems).toMatchObject([
      { code: 'value', path: 'owner', message: '"owner" must be string or object.' },
    ]);
  });

  it('refuses numbers that YAML reads otherwise than they are written', () => {
    const text = stringify(
      makeManifest({ request: { path: '/{{ partition.p }}' }, partitions: { p: { type: 'list', values: ['X'] } } }),
    );
    for (const written of ['01', '0x10', '1e3', '9007199254740993', '1.0e2']) {
      const { problems } = parseManifest(text.replace('- X', `- ${written}`));
      expect(problems).toMatchObject([{ code: 'number', path: 'streams[0].partitions.p.values[0]' }]);
    }
    expect(parseManifest(text.replace('- X', '- "01"')).problems).toEqual([]);
  });

  it('is refused when it is too large, too deep, or a bomb of aliases', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefghi'.split('').map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[at]}`)}]`),
    ];
    const cases: [string, string][] = [
      ['x'.repeat(MAX_MANIFEST_BYTES + 1), 'size'],
      ['['.repeat(100_000), 'depth'],
      [`a: ${'['.repeat(100)}${']'.repeat(100)}`, 'depth'],
      [Array.from({ length: 60 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'), 'depth'],
      [bomb.join('\n'), 'alias'],
      ['a: &a [*a]', 'alias'],
      ['streams: [{ request: { body: { json: &a { b: { c: [*a] } } } } }]', 'alias'],
      ['a: 1\na: 2', 'duplicate'],
      [`a: &a {b: 1}\nc: [${Array(60).fill('*a')}]`, 'alias'],
      ['a: [', 'syntax'],
      ['? [a, b]\n: 1', 'syntax'],
    ];
    for (const [text, code] of cases) {
      const startedAt = performance.now();
      expect(parseManifest(text), text.slice(0, 30)).toMatchObject({
        manifest: null,
        problems: [{ code, line: expect.any(Number) }],
      });
      expect(performance.now() - startedAt).toBeLessThan(30_000);
    }
  });

  it('is never a reason to throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.anything().map((data) => JSON.stringify(data) ?? ''),
        ),
        (text) => {
          const { manifest, problems } = parseManifest(text);
          expect(manifest).toBeNull();
          expect(problems.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each<[string, Data, Data, string, string]>([
    [
      'a position that is never sent',
      { pagination: { type: 'page', stop: { rule: 'emptyPage' } } },
      {},
      'placeholder',
      'streams[0].pagination',
    ],
    [
      'a partition that is never sent',
      { partitions: { p: { type: 'list', values: [1] } } },
      {},
      'placeholder',
      'streams[0].partitions.p',
    ],
    ['a cursor that is never sent', { incremental: { from: 'runStart' } }, {}, 'placeholder', 'streams[0].incremental'],
    [
      'a secret that is not declared',
      {},
      { authentication: { type: 'basic', username: 'u', password: 'p' }, secrets: ['u'] },
      'secret',
      'authentication.password',
    ],
    [
      'a signature that is never sent',
      {},
      { secrets: ['k'], authentication: { type: 'hmac', key: 'k', lines: ['x'] } },
      'placeholder',
      'authentication',
    ],
    [
      'a token endpoint on a host that is not allowed',
      {},
      {
        secrets: ['i'],
        authentication: {
          type: 'oauth2ClientCredentials',
          tokenUrl: 'https://a.example/t',
          clientId: 'i',
          clientSecret: 'i',
        },
      },
      'value',
      'authentication.tokenUrl',
    ],
    [
      'two tokens of a session',
      {},
      { authentication: { type: 'sessionToken', login: { path: '/l' } } },
      'required',
      'authentication',
    ],
    [
      'a total rule without a total',
      { request: { path: '/{{ page }}' }, pagination: { type: 'page', stop: { rule: 'totalReached' } } },
      {},
      'value',
      'streams[0].pagination.stop',
    ],
    [
      'a conditional stream of many pages',
      {
        conditional: true,
        request: { path: '/{{ page }}' },
        pagination: { type: 'page', stop: { rule: 'emptyPage' } },
      },
      {},
      'value',
      'streams[0].conditional',
    ],
    ['a path that does not start with a slash', { request: { path: 'rows' } }, {}, 'value', 'streams[0].request.path'],
    ['two bodies', { request: { path: '/', body: { text: 'a', xml: 'b' } } }, {}, 'value', 'streams[0].request.body'],
    ['a rule without a condition', { errors: [{ action: 'retry' }] }, {}, 'value', 'streams[0].errors[0]'],
    [
      'a placeholder in JSON that does not exist',
      { request: { path: '/', body: { json: { a: ['{{ nothing }}'] } } } },
      {},
      'placeholder',
      'streams[0].request.body.json.a[0]',
    ],
    [
      'an expression of a rule with a loop',
      { errors: [{ body: 'body.all(x, x > 1)', action: 'retry' }] },
      {},
      'cel',
      'streams[0].errors[0].body',
    ],
    [
      'an expression of the mapping',
      { mapping: { ...MAPPING, filter: 'rows.x == 1' } },
      {},
      'cel',
      'streams[0].mapping.filter',
    ],
  ])('is refused for %s', (_name, stream, source, code, path) => {
    const { problems } = parseManifest(JSON.stringify(makeManifest(stream, source)));
    expect(problems).toMatchObject([{ code, path, line: 1, column: expect.any(Number) }]);
  });

  it('refuses two streams of one name', () => {
    const manifest = makeManifest({});
    const streams = [manifest.streams, manifest.streams].flat();
    expect(parseManifest(JSON.stringify({ ...manifest, streams })).problems).toMatchObject([{ code: 'duplicate' }]);
  });

  it.each(PRESETS)('can start from the preset %s, whose mistakes are at the preset', (preset) => {
    const text = stringify(makeManifest({}, { preset }));
    const { problems } = parseManifest(text);
    for (const { line } of problems) expect(line).toBeLessThanOrEqual(text.split('\n').length);
    expect(problems.filter(({ code }) => ['unknown_key', 'cel', 'path'].includes(code))).toEqual([]);
  });
});
