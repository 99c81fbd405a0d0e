import { describe, expect, it } from 'vitest';
import type { ConnectorContext, MappedRecord, SourcePage } from '../../src/domain/connector.js';
import { isWithinPeriod } from '../../src/domain/period.js';
import { limitToPeriod } from '../../src/source/limitToPeriod.js';
import { smallConnector } from '../pipeline/smallSource.js';

describe('isWithinPeriod', () => {
  it.each([
    ['2024', '2024', true],
    ['2024-03', '2024', true],
    ['2024-Q4', '2024', true],
    ['2024-03', '2024-Q1', true],
    ['2024-04', '2024-Q1', false],
    ['2024-12', '2024-Q4', true],
    ['2024', '2024-Q1', false],
    ['2024-Q1', '2024-03', false],
    ['2024-03', '2024-04', false],
    ['2023-03', '2024', false],
  ])('%s in %s: %s', (period, whole, expected) => {
    expect(isWithinPeriod(period, whole)).toBe(expected);
  });
});

describe('limitToPeriod', () => {
  const record = (period: string): MappedRecord => ({
    ...{ kind: 'record', codeSystem: 'GSO-2025', entityCode: '01', frameworkCode: 'PDTI-922', indicatorCode: 'X' },
    ...{ period, obsStatus: 'A', value: '1', numerator: null, denominator: null, publishedAt: null, deleted: false },
  });

  it('skips what lies outside, leaves the rest to the account, and moves no cursor', async () => {
    const connector = smallConnector('limited');
    const [stream] = connector.streams;
    const cursors: unknown[] = [];
    const page: SourcePage = {
      ...{ request: 'GET /', response: { status: 200, headers: {}, body: '' }, declaredTotal: null, stopReason: 'all' },
      rows: [{ raw: {}, records: [record('2024-05'), record('2023'), record('soon')] }],
      cursor: { position: 3 },
    };
    const limited = limitToPeriod(
      {
        ...connector,
        streams: [
          {
            ...(stream as NonNullable<typeof stream>),
            rules: { fullSnapshot: true, maxRejectShare: 0.1 },
            async *read(_context, cursor) {
              cursors.push(cursor);
              yield page;
            },
          },
        ],
      },
      '2024',
    );
    const [only] = limited.streams;
    expect(only?.rules).toEqual({ fullSnapshot: false, maxRejectShare: 0.1 });
    const pages: SourcePage[] = [];
    for await (const each of only?.read({} as ConnectorContext, { position: 1 }) ?? []) pages.push(each);
    expect(cursors).toEqual([null]);
    expect(pages).toEqual([
      {
        ...page,
        rows: [{ raw: {}, records: [record('2024-05'), { kind: 'skipped', rule: 'outside_period' }, record('soon')] }],
        cursor: null,
      },
    ]);
  });
});
