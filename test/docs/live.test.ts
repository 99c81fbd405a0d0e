import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { documentedFunction } from './liveCode.js';

const TEXT = readFileSync(join(import.meta.dirname, '../../docs/live.md'), 'utf8');
const schema = buildGraphSchema();

it('every subscription stands in docs/live.md with the arguments that it has', () => {
  const fields = Object.values(schema.getSubscriptionType()?.getFields() ?? {});
  const documented = new Map(
    [...TEXT.matchAll(/^\| `(\w+)\(([^)]*)\)` \|/gm)].map(([, name, args = '']) => [name, args.split(', ')]),
  );
  for (const { name, args } of fields) {
    expect([name, documented.get(name)?.toSorted()]).toEqual([
      name,
      args
        .map((arg) => arg.name)
        .filter((arg) => arg !== 'since')
        .sort(),
    ]);
  }
});

it('the client of docs/live.md applies updates, and notices a gap', async () => {
  type Row = { kind: string; entity: { code: string }; measure: { code: string } };
  type Apply = (state: Map<string, Row>, last: string | null, update: object) => string | null;
  const apply = await documentedFunction<Apply>('apply');
  const row = (code: string, kind = 'CHANGED') => ({ kind, entity: { code }, measure: { code: 'INDEX' } });
  const state = new Map<string, Row>();
  expect(
    apply(state, null, {
      revision: '5',
      previousRevision: null,
      complete: true,
      rows: [row('01', 'ADDED'), row('48', 'ADDED')],
    }),
  ).toBe('5');
  expect(
    apply(state, '5', {
      revision: '9',
      previousRevision: '5',
      complete: false,
      rows: [row('01', 'REMOVED'), row('79')],
    }),
  ).toBe('9');
  expect([...state.keys()]).toEqual(['INDEX 48', 'INDEX 79']);
  expect(apply(state, '9', { revision: '12', previousRevision: '11', complete: false, rows: [] })).toBeNull();
  expect(apply(state, '9', { revision: '13', previousRevision: null, complete: true, rows: [] })).toBe('13');
  expect(state.size).toBe(0);
});
