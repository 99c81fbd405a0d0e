import type { CheckResult, Connector, ConnectorStream } from '../domain/connector.js';
import { openSource, type SourceOptions } from './context.js';
import { toSyncFailure } from './failure.js';

/** Tries a source with its settings; a failure is the answer, in words, and never thrown. */
export async function checkSource(connector: Connector, options: SourceOptions): Promise<CheckResult> {
  try {
    const session = openSource(connector, options);
    try {
      const { ok, message } = await connector.check(session.context);
      return { ok, message: session.redact(message) };
    } catch (error) {
      const failure = session.explain(error);
      return { ok: false, message: `${failure.code}: ${failure.message}` };
    } finally {
      session.close();
    }
  } catch (error) {
    // The session did not open: settings are missing, and no secret was in use.
    const failure = toSyncFailure(error, (text) => text);
    return { ok: false, message: `${failure.code}: ${failure.message}` };
  }
}

/** What a stream offers, without its code. */
export type StreamDescription = Pick<ConnectorStream, 'name' | 'feeds' | 'incremental'>;

/** Lists the streams of a connector; no I/O. */
export function discoverStreams(connector: Connector): readonly StreamDescription[] {
  return connector.streams.map(({ name, feeds, incremental }) => ({ name, feeds, incremental }));
}
