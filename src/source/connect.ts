import type { LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { describeError } from '../domain/errors.js';
import { type AddressGuard, portOf } from './address.js';

/** Names are looked up and sockets opened within this, unless a source states its own limit. */
export const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Makes the connections of one session: every one of them, that of a redirect too, goes to an address that the guard has just judged, and to no other.
 * Proxies of the environment are not asked, since they would connect to what nobody judged. Destroy it at the end.
 */
export function createConnections(guard: AddressGuard, timeoutMs: number = CONNECT_TIMEOUT_MS): Agent {
  return new Agent({
    connect: (target, done) => {
      resolveInTime(guard, target, timeoutMs).then(
        (addresses) => {
          // Literal addresses are not looked up, and were judged as they are. The name stays what a certificate must carry.
          const lookup: LookupFunction = (_name, options, found) => {
            const [first] = addresses;
            if (options.all === true) found(null, [...addresses]);
            else if (first !== undefined) found(null, first.address, first.family);
          };
          buildConnector({ lookup, timeout: timeoutMs, allowH2: false })(target, done);
        },
        (error: unknown) => done(error instanceof Error ? error : new Error(describeError(error)), null),
      );
    },
  });
}

async function resolveInTime(guard: AddressGuard, target: buildConnector.Options, timeoutMs: number) {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`the name was not resolved within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([guard.resolve(target.hostname, portOf(target)), late]);
  } finally {
    clearTimeout(timer);
  }
}
