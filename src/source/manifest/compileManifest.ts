import { type Connector, type ConnectorContext, defineConnector } from '../../domain/connector.js';
import { type Authenticate, createAuthenticate } from './authenticate.js';
import { feedsOf } from './feeds.js';
import { type ManifestLookups, type RowTransform, readStream, tryStream } from './readStream.js';
import { createReplayer } from './replay.js';
import type { Manifest } from './schema.js';

/**
 * Turns a checked manifest into a connector: the same shape as one in code, so that the runtime does not know the difference.
 * @param manifest as parseManifest gave it
 * @param lookups asked anew in every run, so that they may follow the catalogue
 * @param transformRows for the contract suite
 */
export function compileManifest(manifest: Manifest, lookups: ManifestLookups, transformRows?: RowTransform): Connector {
  const { key, version, name, owner, kind, citation, licence, simulated, freshnessLimitSeconds, secrets, http } =
    manifest;
  const { connectMs, headersMs, idleMs } = http.timeouts;
  const sessions = new WeakMap<ConnectorContext, Authenticate>();
  const authenticateIn = (context: ConnectorContext): Authenticate => {
    const authenticate = sessions.get(context) ?? createAuthenticate(manifest.authentication, http, context);
    sessions.set(context, authenticate);
    return authenticate;
  };
  const tokenUrl = 'tokenUrl' in manifest.authentication ? manifest.authentication.tokenUrl : undefined;
  return defineConnector({
    spec: {
      ...{ key, version, name, owner, kind, citation, licence, simulated, freshnessLimitSeconds },
      secrets: [...new Set(secrets)],
      bounds: {
        ...manifest.bounds,
        ...(connectMs === undefined ? {} : { connectTimeoutMs: connectMs }),
        ...(headersMs === undefined ? {} : { headersTimeoutMs: headersMs }),
        ...(idleMs === undefined ? {} : { idleTimeoutMs: idleMs }),
      },
      allowedHosts: http.allowedHosts,
      hostLimits: dropUndefined(http.limits),
      ...dropUndefined({ baseUrl: http.baseUrl, tokenUrl, schedule: manifest.schedule }),
    },
    async check(context) {
      // Ordering an export is not as cheap as reading a page.
      const stream = manifest.streams.find(({ job }) => job === undefined) ?? manifest.streams[0];
      if (stream === undefined) return { ok: false, message: 'The manifest has no streams.' };
      const answered = await tryStream({
        ...{ manifest, stream, lookups, context },
        authenticate: authenticateIn(context),
        cursor: null,
        checkpoint: null,
      });
      return { ok: true, message: `${name.en}: the source ${answered}.` };
    },
    streams: manifest.streams.map((stream) => ({
      name: stream.name,
      feeds: feedsOf(stream.mapping),
      incremental: stream.incremental !== undefined || stream.conditional,
      ...(stream.privacy === undefined ? {} : { privacy: stream.privacy.allow }),
      ...(stream.rules === undefined ? {} : { rules: dropUndefined(stream.rules) }),
      mapRaw: createReplayer(stream, lookups.entityByName),
      read: (context, cursor, checkpoint = null) =>
        readStream({
          manifest,
          stream,
          lookups,
          context,
          authenticate: authenticateIn(context),
          cursor,
          checkpoint,
          transformRows,
        }),
    })),
  });
}

/** An optional key is either there with a value or not there. */
function dropUndefined<T extends object>(parts: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}
