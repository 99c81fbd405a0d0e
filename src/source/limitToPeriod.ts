import type { Connector, ConnectorStream, RowRecord, SourcePage } from '../domain/connector.js';
import { isPeriod, isWithinPeriod } from '../domain/period.js';

/**
 * A connector that reads everything and keeps the figures of one period; the others are skipped with the rule `outside_period`. Since it passes over
 * what changed elsewhere it moves no cursor, and nothing is withdrawn for being absent.
 * @param period such as `2024`, which has its quarters and months in it
 */
export function limitToPeriod(connector: Connector, period: string): Connector {
  return { ...connector, streams: connector.streams.map((stream) => limitStream(stream, period)) };
}

function limitStream(stream: ConnectorStream, period: string): ConnectorStream {
  const limit = (record: RowRecord): RowRecord =>
    // What is no period at all is for the account to reject.
    record.kind === 'record' && isPeriod(record.period) && !isWithinPeriod(record.period, period)
      ? { kind: 'skipped', rule: 'outside_period' }
      : record;
  return {
    ...stream,
    ...(stream.rules === undefined ? {} : { rules: { ...stream.rules, fullSnapshot: false } }),
    async *read(context, _cursor, checkpoint): AsyncGenerator<SourcePage> {
      for await (const page of stream.read(context, null, checkpoint)) {
        const rows = page.rows.map((row) => ({ ...row, records: row.records.map(limit) }));
        yield { ...page, rows, cursor: null };
      }
    },
  };
}
