import { generateKeyPairSync } from 'node:crypto';
import { Authenticator } from '../../src/access/authenticator.js';
import { issueToken, type LocalKey } from '../../src/access/localToken.js';
import { createSealer } from '../../src/access/seal.js';
import type { Role } from '../../src/access/viewer.js';
import type { Platform } from '../../src/graph/context.js';
import { SourceLibrary } from '../../src/pipeline/sourceLibrary.js';
import type { SourceStage } from '../../src/pipeline/sourceStage.js';
import { openCredentials } from '../../src/store/credential.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { createInlineRunSource } from '../pipeline/inlineRunSource.js';
import { openTestServing, startTestServer, type TestServer, type TestServing } from './testServer.js';

/** What sources can be registered with, over HTTP. */
export interface Desk {
  readonly platform: Platform;
  readonly stage: SourceStage;
  /** What work without an answer has logged. */
  readonly logged: string[];
  /** A server of it; it ends with the test. */
  start(): Promise<TestServer>;
  tokenOf(role: Role): Promise<string>;
}

/** A platform that sources can be registered with. */
export interface DeskServing extends TestServing, Desk {
  readonly platform: Platform;
}

/** Opens it on a database of its own with the reference data; close it in afterAll. */
export async function openDesk(): Promise<DeskServing> {
  const serving = await openTestServing();
  return { ...serving, ...deskOn(serving.platform) };
}

/** Lets sources be registered with a platform that is open. @param stageParts what its stage has otherwise */
export function deskOn(reading: Platform, stageParts: Partial<SourceStage> = {}): Desk {
  const key: LocalKey = { ...generateKeyPairSync('ed25519'), alg: 'EdDSA' };
  const { catalogue, database } = reading;
  const logged: string[] = [];
  const stage: SourceStage = {
    database,
    library: new SourceLibrary({ database, catalogue, codeConnectors: [], sealer: createSealer(Buffer.alloc(32, 7)) }),
    now: () => new Date(),
    signal: new AbortController().signal,
    addressGuard: LOOPBACK,
    ...stageParts,
  };
  const runSource = createInlineRunSource(stage, (line) => logged.push(line));
  const platform = { ...reading, sources: stage, runSource };
  const authenticator = new Authenticator({ localKey: key, oidc: null, store: openCredentials(database) });
  return {
    platform,
    stage,
    logged,
    start: () =>
      startTestServer({
        platform: () => platform,
        authenticator: () => authenticator,
        manifestSchema: { type: 'object' },
      }),
    tokenOf(role) {
      const entityKey = role === 'officer' ? 'GSO-2025:79' : null;
      return issueToken(key, { role, entityKey, subject: `the ${role}`, expiresInSeconds: 600 });
    },
  };
}
