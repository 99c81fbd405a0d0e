import { describe, expect, it } from 'vitest';
import { checkAddress, createAddressGuard, isPublicAddress, normaliseHost } from '../../src/source/address.js';
import { failureOf } from './fakeSource.js';

/** A resolver that knows these names, and counts its answers. */
function resolver(names: Readonly<Record<string, readonly string[]>>) {
  return async (name: string) => {
    const addresses = names[name];
    if (addresses === undefined) throw Object.assign(new Error('unknown'), { code: 'ENOTFOUND' });
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
}

describe('an address', () => {
  it.each(['8.8.8.8', '1.1.1.1', '203.162.0.1', '2001:4860:4860::8888', '2405:4800::1'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['this network', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['link-local', '169.254.1.1'],
    ['metadata', '169.254.169.254'],
    ['metadata', '168.63.129.16'],
    ['metadata', '100.100.100.200'],
    ['metadata', '192.0.0.192'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['benchmark', '198.18.0.1'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['mapped', '::ffff:127.0.0.1'],
    ['mapped, though public', '::ffff:8.8.8.8'],
    ['compatible', '::127.0.0.1'],
    ['compatible', '::8.8.8.8'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['local NAT64', '64:ff9b:1::7f00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001::1'],
    ['unique local', 'fd00:ec2::254'],
    ['unique local', 'fc00::1'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff::1'],
    ['discard', '100::1'],
    ['never given out', '4000::1'],
    ['not an address', 'example.vn'],
  ])('is not public when it is %s: %s', (_kind, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('the address of a source', () => {
  const guard = createAddressGuard({
    allowedHosts: ['inside.vn', 'one-port.vn:8080', '10.0.0.5', '[fd00::5]:80', 'Đô-thị.vn'],
    resolveName: resolver({
      'outside.vn': ['203.162.0.1', '2405:4800::1'],
      'inside.vn': ['10.0.0.1'],
      'one-port.vn': ['10.0.0.1'],
      'mixed.vn': ['203.162.0.1', '127.0.0.1'],
      'nowhere.vn': [],
      'xn---th-gwa6352b.vn': ['10.0.0.1'],
    }),
  });

  it.each([
    'https://outside.vn/api',
    'http://8.8.8.8/',
    'http://inside.vn/',
    'http://INSIDE.vn.:99/',
    'http://one-port.vn:8080/',
    'http://10.0.0.5:81/',
    'http://0xa.0.0.5/',
    'http://[fd00::5]/',
  ])('is fine: %s', async (url) => {
    await checkAddress(url, guard);
  });

  it.each([
    'http://mixed.vn/',
    'http://one-port.vn/',
    'https://one-port.vn/',
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://①②⑦.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[0:0:0:0:0:ffff:a9fe:a9fe]/latest',
    'http://169.254.169.254/latest/meta-data',
    'http://[fd00::5]:81/',
    'http://0/',
  ])('is refused: %s', async (url) => {
    const failure = await failureOf(checkAddress(url, guard));
    expect(failure).toMatchObject({ code: 'SYNC_ADDRESS', failureType: 'config_error' });
  });

  it('is refused without a word about what its name resolves to', async () => {
    const { message } = await failureOf(checkAddress('http://mixed.vn:8080/', guard));
    expect(message).toContain('mixed.vn:8080');
    expect(message).not.toMatch(/127|203/);
  });

  it.each([
    'file:///etc/passwd',
    'ftp://outside.vn/',
    'gopher://outside.vn/',
    'data:,x',
    'no address',
  ])('must be http(s): %s', async (url) => {
    expect(await failureOf(checkAddress(url, guard))).toMatchObject({ code: 'SYNC_CONFIG' });
  });

  it('may be away for now', async () => {
    for (const host of ['unknown.vn', 'nowhere.vn']) {
      expect(await failureOf(checkAddress(`http://${host}/`, guard))).toMatchObject({ code: 'SYNC_TRANSIENT' });
    }
  });

  it('is judged strictly when nobody says how', async () => {
    expect(await failureOf(checkAddress('http://127.0.0.1/'))).toMatchObject({ code: 'SYNC_ADDRESS' });
  });
});

it.each([
  ['Example.VN', 'example.vn'],
  ['example.vn.:0080', 'example.vn:80'],
  ['127.1:8080', '127.0.0.1:8080'],
  ['[::1]:80', '::1:80'],
  ['[::1]', '::1'],
  ['a b', null],
  ['http://a', null],
  ['a:99999', null],
  ['user@a', null],
  ['', null],
])('the host %j is compared as %j', (text, normal) => {
  expect(normaliseHost(text)).toBe(normal);
});
