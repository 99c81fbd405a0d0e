import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MappedRecord } from '../../src/domain/connector.js';
import { mapRatios } from '../../src/source/ratios.js';
import { createRecordResolver, type RecordLookup } from '../../src/source/resolve.js';

const LOOKUP: RecordLookup = {
  entityId: (codeSystem, code) => (codeSystem === 'GSO-2004' && code === '74' ? 7 : null),
  indicatorId: (framework, code) => (framework === 'PDTI-922' && code === 'ECO_ACTIVITY.08' ? 8 : null),
};
const resolve = createRecordResolver(LOOKUP, () => new Date('2026-09-30T17:00:00Z'));

const RECORD: MappedRecord = {
  kind: 'record',
  codeSystem: 'GSO-2004',
  entityCode: '74',
  frameworkCode: 'PDTI-922',
  indicatorCode: 'ECO_ACTIVITY.08',
  period: '2022-12',
  value: null,
  numerator: '0012.50',
  denominator: '100',
  obsStatus: 'A',
  publishedAt: '2021-02-06T08:00:00+07:00',
  deleted: false,
};

describe('createRecordResolver', () => {
  it('gives ids, canonical decimals and UTC', () => {
    expect(resolve(RECORD)).toEqual({
      kind: 'resolved',
      entityId: 7,
      indicatorId: 8,
      period: '2022-12',
      value: null,
      numerator: '12.5',
      denominator: '100',
      obsStatus: 'A',
      publishedAt: '2021-02-06T01:00:00.000Z',
      ...{ deleted: false, revision: null, changedBy: null },
    });
  });

  it.each(['2026', '2026-Q4', '2026-10'])('takes %s, which has just begun in Vietnam', (period) => {
    expect(resolve({ ...RECORD, period })).toMatchObject({ kind: 'resolved', period });
  });

  it('lets a source withdraw a figure of a period that has not begun', () => {
    expect(resolve({ ...RECORD, period: '2031-12', deleted: true })).toMatchObject({ deleted: true });
    expect(resolve({ ...RECORD, period: '2031-12' })).toMatchObject({ kind: 'rejected' });
  });

  it('takes a figure as soon as its period has begun, in a run that goes on meanwhile', () => {
    let now = new Date('2026-09-30T16:59:59Z');
    const resolveNow = createRecordResolver(LOOKUP, () => now);
    const kindOf = (period: string) => resolveNow({ ...RECORD, period }).kind;
    expect([kindOf('2026-10'), kindOf('2026-09')]).toEqual(['rejected', 'resolved']);
    now = new Date('2026-09-30T17:00:00Z');
    expect([kindOf('2026-10'), kindOf('2026-10'), kindOf('2026-11')]).toEqual(['resolved', 'resolved', 'rejected']);
  });

  it.each<[string, Partial<MappedRecord>]>([
    ['entity', { entityCode: '7' }],
    ['entity', { codeSystem: 'GSO-2025' }],
    ['indicator', { indicatorCode: 'ECO_ACTIVITY.99' }],
    ['indicator', { frameworkCode: 'MDTI-922' }],
    ['period', { period: '2022-13' }],
    ['period', { period: '2026-11' }],
    ['period', { period: '2027' }],
    ['period', { publishedAt: 'yesterday' }],
    ['period', { publishedAt: '+200000-01-01T00:00:00Z' }],
    ['number', { numerator: '1', denominator: '9'.repeat(100) }],
    ['number', { numerator: 'n/a' }],
    ['number', { denominator: '1,000' }],
    ['number', { numerator: '1e3' }],
    ['number', { value: '', numerator: null, denominator: null }],
    ['required', { numerator: null, denominator: null }],
    ['required', { denominator: null }],
    ['required', { value: '1', numerator: null }],
    ['range', { numerator: '-1' }],
    ['range', { denominator: '-100' }],
    ['range', { denominator: '0', numerator: '0' }],
    ['range', { denominator: '0.00', numerator: '0' }],
    ['range', { numerator: '100.01' }],
    ['range', { numerator: '9007199254740993', denominator: '9007199254740992' }],
  ])('rejects by the rule %s: %j', (rule, change) => {
    expect(resolve({ ...RECORD, ...change })).toMatchObject({ kind: 'rejected', rule });
  });

  it.each<Partial<MappedRecord>>([
    { numerator: '0' },
    { numerator: '100', denominator: '100.0' },
    { numerator: '0.5', denominator: '1' },
    { value: '-3.25', numerator: null, denominator: null },
    { numerator: null, denominator: null, obsStatus: 'O' },
    { numerator: null, denominator: null, obsStatus: 'M' },
    { publishedAt: null, period: '2022' },
  ])('accepts %j', (change) => {
    expect(resolve({ ...RECORD, ...change })).toMatchObject({ kind: 'resolved' });
  });

  it('asks nothing of the figure of a record that is withdrawn', () => {
    const record = resolve({ ...RECORD, deleted: true, numerator: 'n/a' });
    expect(record).toMatchObject({ kind: 'resolved', deleted: true, numerator: null, denominator: null });
  });

  it('never throws, whatever texts a source sends', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('0', '-0', '00', '.', '1.', '٣', '1e999', '9'.repeat(400)));
    const maybe = fc.option(text, { nil: null });
    const record = fc.record({ value: maybe, numerator: maybe, denominator: maybe, period: text, publishedAt: maybe });
    fc.assert(
      fc.property(record, (change) => {
        expect(['resolved', 'rejected']).toContain(resolve({ ...RECORD, ...change }).kind);
      }),
    );
  });
});

describe('mapRatios', () => {
  const ratios = [
    { indicatorCode: 'A', numerator: 'x', denominator: 'y' },
    { indicatorCode: 'B', numerator: 'y', denominator: 'z' },
    { indicatorCode: 'C', numerator: 'z', denominator: 'w' },
  ];
  const identity = {
    codeSystem: 'GSO-2004',
    entityCode: '74',
    frameworkCode: 'F',
    period: '2022-01',
    status: 'FINAL',
    publishedAt: null,
  };
  const counts: Record<string, string> = { x: '1', z: 'n/a', w: '4' };
  const read = (field: string): string | null => counts[field] ?? null;

  it('rejects the figures that a missing count feeds, and no others', () => {
    const records = mapRatios(identity, ratios, read);
    expect(records.map((record) => record.kind)).toEqual(['rejected', 'rejected', 'record']);
    expect(records[0]).toMatchObject({ rule: 'required', message: 'F A: y is missing' });
  });

  it.each(['codeSystem', 'entityCode', 'period', 'status'] as const)('rejects every figure without %s', (field) => {
    const records = mapRatios({ ...identity, [field]: null }, ratios, read);
    expect(records.map((record) => record.kind)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  it('tells a final figure from a provisional one', () => {
    const [, , record] = mapRatios({ ...identity, status: 'PROVISIONAL' }, ratios, read);
    expect(record).toMatchObject({ kind: 'record', obsStatus: 'P' });
  });
});
