import { buildSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { PUBLIC_VIEWER, ROLES, type Viewer } from '../../src/access/viewer.js';
import type { LiveField } from '../../src/graph/live.js';
import { CompiledOperations } from '../../src/server/compiled.js';
import { shareOperation } from '../../src/server/sharedOperation.js';

const schema = buildSchema(`
  type Query { a: Int }
  type Update { at(since: String): Int, deep(filter: Filter): Int }
  input Filter { one: Int two: [Filter] }
  type Subscription { watch(round: String, since: String, filter: Filter): Update }`);
const compiled = new CompiledOperations(schema);
const field: LiveField<unknown> = { concerns: () => true, tell: async () => null };

function keyOf(
  source: string,
  variables: Record<string, unknown> = {},
  options: { viewer?: Viewer; name?: string } = {},
) {
  const { viewer = PUBLIC_VIEWER, name } = options;
  const args = { schema, document: parse(source), variableValues: variables, operationName: name ?? null };
  const execution = { compiled, viewer, formatError: () => ({ message: 'error' }), createContext: () => ({}) };
  return shareOperation(args, field, execution).key;
}

const WATCH = `subscription ($round: String, $since: String, $filter: Filter) {
  watch(round: $round, since: $since, filter: $filter) { at } }`;

describe('operations', () => {
  it('are equal whatever their subscribers have already, in whatever order their variables stand', () => {
    const key = keyOf(WATCH, { round: 'A', since: '5', filter: { one: 1, two: [{ one: 2 }] } });
    expect(keyOf(WATCH, { filter: { two: [{ one: 2 }], one: 1 }, round: 'A' })).toBe(key);
    expect(keyOf(WATCH, { round: 'A', filter: { one: 1, two: [{ one: 2 }] }, unknown: 7 })).toBe(key);
    for (const other of [{ round: 'B' }, { round: null }, {}, { round: 'A', filter: { one: 1 } }]) {
      expect(keyOf(WATCH, other)).not.toBe(key);
    }
    expect(keyOf(WATCH, {})).not.toBe(keyOf(WATCH, { round: null }));
  });

  it.each([
    [
      'in a fragment',
      'subscription ($s: String) { ...F } fragment F on Subscription { watch(since: $s) { at } }',
      true,
    ],
    ['in an inline fragment', 'subscription ($s: String) { ... on Subscription { watch(since: $s) { at } } }', true],
    ['written twice', 'subscription ($s: String) { watch(since: $s) { at } watch(since: $s) { deep } }', true],
    ['used elsewhere as well', 'subscription ($s: String) { watch(since: $s) { at(since: $s) } }', false],
    ['the argument of another field', 'subscription ($s: String) { watch { at(since: $s) } }', false],
    ['another argument', 'subscription ($s: String) { watch(round: $s) { at } }', false],
  ])('whose `since` is %s', (_name, source, isLeftOut) => {
    expect(keyOf(source, { s: '1' }) === keyOf(source, { s: '2' })).toBe(isLeftOut);
  });

  it('of viewers who may see different things are never equal', () => {
    const viewers: Viewer[] = [
      PUBLIC_VIEWER,
      ...ROLES.map((role) => ({ role, subject: 'anna', entityKey: null })),
      { role: 'officer', subject: 'anna', entityKey: 'GSO-2025:48' },
      { role: 'officer', subject: 'anna', entityKey: 'GSO-2025:79' },
    ];
    expect(new Set(viewers.map((viewer) => keyOf(WATCH, {}, { viewer }))).size).toBe(viewers.length);
  });

  it('of one document with different names are not equal, and no text passes for another', () => {
    const both = 'subscription A { watch { at } } subscription B { watch { at } }';
    expect(keyOf(both, {}, { name: 'A' })).not.toBe(keyOf(both, {}, { name: 'B' }));
    expect(keyOf(WATCH, { round: '","B' })).not.toBe(keyOf(WATCH, { round: '', filter: 'B' }));
  });
});
