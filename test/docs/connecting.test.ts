import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseManifest } from '../../src/source/manifest/parseManifest.js';

const GUIDE = readFileSync('docs/connecting.md', 'utf8');
const BLOCKS = [...GUIDE.matchAll(/```yaml\n([^`]*)```/g)].map(([, text = '']) => text);

type Data = Readonly<Record<string, unknown>>;
const SOURCE_KEYS = ['authentication', 'http', 'preset'];
const [whole = ''] = BLOCKS;
const base = parse(whole) as Data & { streams: [Data] };

/** A fragment of the guide, put into a manifest that is as small as can be. */
function complete(fragment: Data): Data {
  const { key, version, name, owner, kind, citation, licence, streams } = base;
  const [{ format, mapping }] = streams;
  const part = (isOfSource: boolean) =>
    Object.fromEntries(Object.entries(fragment).filter(([each]) => SOURCE_KEYS.includes(each) === isOfSource));
  const secrets = ['apiKey', 'username', 'password', 'token', 'clientId', 'clientSecret', 'signingKey'];
  const stream = { name: 'rows', request: { path: '/rows' }, format, mapping, ...part(false) };
  return { key, version, name, owner, kind, citation, licence, secrets, ...part(true), streams: [stream] };
}

describe('the guide', () => {
  it('has a whole manifest that is right', () => {
    expect(parseManifest(whole).problems).toEqual([]);
  });

  it.each(BLOCKS.slice(1))('has fragments that are right: %s', (text) => {
    const { manifest, problems } = parseManifest(JSON.stringify(complete(parse(text) as Data)));
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([]);
    expect(manifest).not.toBeNull();
  });

  it('shows each authentication and each pagination', () => {
    const types = BLOCKS.join('').matchAll(/(?:authentication|pagination):\s*\{?\s*type: (\w+)/g);
    expect([...new Set([...types].map(([, type]) => type))].sort()).toEqual([
      ...['apiKey', 'basic', 'bearer', 'cursor', 'hmac', 'linkHeader', 'nextUrl', 'none'],
      ...['oauth2ClientCredentials', 'offset', 'page', 'sessionToken', 'wsSecurityUsernameToken'],
    ]);
  });

  it('shows each kind of body, and the paths of a decoder', () => {
    for (const kind of ['json', 'form', 'text', 'xml', 'soap']) expect(BLOCKS.join('')).toContain(`body: { ${kind}: `);
    for (const path of ['.data[0].', '[*].', '$["']) expect(BLOCKS.join('')).toContain(path);
  });

  it('names sources that there are', () => {
    const named = [
      'tax',
      'smedx',
      'customs',
      'ecommerce',
      'banking',
      'telecom',
      'land',
      'edoc',
      'statistics',
      'education',
    ];
    for (const key of named) {
      expect(GUIDE).toContain(key);
      expect(existsSync(`connectors/${key}/manifest.yaml`)).toBe(true);
    }
  });
});
