import { lookup as askResolver, type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import ipaddr from 'ipaddr.js';
import { PlatformError } from '../domain/errors.js';
import { syncFailure } from './failure.js';

/** Answers with all addresses of a name, as `dns.lookup` does; rejects when there are none. */
export type ResolveName = (name: string) => Promise<readonly LookupAddress[]>;

/** Decides where connections to sources may go. */
export interface AddressGuard {
  /**
   * Resolves a host and judges every address of it. Connect to nothing but the answer: another question to the resolver may be answered otherwise.
   * @param host as `URL.hostname` writes it, with or without the brackets of IPv6
   * @returns at least one address
   * @throws PlatformError SYNC_ADDRESS when one of them is not public and the operator does not allow the host; Error when the name has none
   */
  resolve(host: string, port: number): Promise<readonly LookupAddress[]>;
}

/** What a guard is made of. */
export interface AddressGuardOptions {
  /** Hosts of the operator's own network that may be reached: `host` for any port, or `host:port`; IPv6 in brackets. */
  readonly allowedHosts: readonly string[];
  /** By default the resolver of the system. */
  readonly resolveName?: ResolveName;
}

/** Public by number, but answered by the host of a virtual machine (Azure's WireServer). */
const METADATA = '168.63.129.16';
/** RFC 4291 and IANA: of IPv6 only this is given out; the rest maps, translates or stays at home. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

const resolveBySystem: ResolveName = (name) => promisify(askResolver)(name, { all: true });

/**
 * Makes a guard: only public addresses, except for hosts that the operator allows. Loopback, private, link-local, metadata, carrier-grade NAT,
 * multicast, broadcast, reserved and documentation addresses are refused, and whatever carries an IPv4 address inside IPv6 (mapped, compatible, NAT64,
 * 6to4, Teredo).
 */
export function createAddressGuard({ allowedHosts, resolveName = resolveBySystem }: AddressGuardOptions): AddressGuard {
  const allowed = new Set(allowedHosts.map((host) => normaliseHost(host) ?? host));
  return {
    async resolve(host, port) {
      const name = trimHost(host);
      const family = isIP(name);
      const addresses = family === 0 ? await resolveName(name) : [{ address: name, family }];
      if (addresses.length === 0) throw new Error(`${name} has no address`);
      const isAllowed = allowed.has(name) || allowed.has(`${name}:${port}`);
      if (!isAllowed && !addresses.every(({ address }) => isPublicAddress(address))) throw refusal(name, port);
      return addresses;
    },
  };
}

/** The guard of whoever names none: only public addresses. */
export const PUBLIC_ONLY: AddressGuard = createAddressGuard({ allowedHosts: [] });

/**
 * Judges the address of a source as a connection would, without connecting.
 * @throws PlatformError SYNC_ADDRESS when it leads into a network that is not public; SYNC_CONFIG when it is no http(s) address; SYNC_TRANSIENT when its
 *   host has no address now
 */
export async function checkAddress(url: string, guard: AddressGuard = PUBLIC_ONLY): Promise<void> {
  const target = URL.canParse(url) ? new URL(url) : null;
  if (target === null || !/^https?:$/.test(target.protocol) || target.hostname === '') {
    throw syncFailure('SYNC_CONFIG', 'The address of a source must be http(s)://host/path.');
  }
  try {
    await guard.resolve(target.hostname, portOf(target));
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    throw syncFailure(
      'SYNC_TRANSIENT',
      `The host ${target.hostname} has no address now. Check its name, or try again.`,
    );
  }
}

/** True for what a source can be reached at: http(s), a host and a path, nothing else. */
export function isBaseUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === '';
}

/** The port that a connection to an address goes to. */
export function portOf({ port, protocol }: { readonly port: string; readonly protocol: string }): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

/**
 * Brings a host or host:port into the form that addresses are compared in, as the URL standard does: small letters, punycode, `0x7f.1` as 127.0.0.1, no
 * dot at the end, no brackets. Null = it is neither.
 */
export function normaliseHost(text: string): string | null {
  if (!/^(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:[\]\\]+)(:\d{1,5})?$/.test(text)) return null;
  const port = /:(\d+)$/.exec(text.replace(/^\[.*\]/, ''))?.[1];
  const name = port === undefined ? text : text.slice(0, -port.length - 1);
  if (!URL.canParse(`http://${name}`) || Number(port ?? 1) > 65_535) return null;
  return `${trimHost(new URL(`http://${name}`).hostname)}${port === undefined ? '' : `:${Number(port)}`}`;
}

/** True for addresses that belong to no network in particular; see {@link createAddressGuard}. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address) || address === METADATA) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST);
}

function trimHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

/** Names the host and not what it resolves to: whoever registers sources must not learn what the network inside looks like. */
function refusal(host: string, port: number): Error {
  const shown = host.includes(':') ? `[${host}]` : host;
  return syncFailure(
    'SYNC_ADDRESS',
    `The address leads to ${shown}, which is not in the public network. If that is meant, add ${shown}:${port} to SOURCE_ALLOWED_HOSTS.`,
  );
}
