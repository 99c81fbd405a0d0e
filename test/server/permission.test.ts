import { buildSchema, isAbstractType, isInputObjectType, isObjectType, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { can, PERMISSIONS, type Permission } from '../../src/access/permission.js';
import { PUBLIC_VIEWER, ROLES, type Role, type Viewer } from '../../src/access/viewer.js';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { refuseForbidden } from '../../src/server/permission.js';
import { pathsOf } from './pathTo.js';

const schema = buildGraphSchema();
const paths = pathsOf(schema);
const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__'));

/** Declared ahead of their fields. */
const PENDING = ['Mutation.replayRejected', 'Query.linkages', 'Query.manifestSchema', 'SyncRun.rejects'];

const viewerOf = (role: Role): Viewer => ({
  ...{ role, subject: role === 'public' ? null : `local:${role}` },
  entityKey: role === 'officer' ? 'GSO-2025:79' : null,
});

function refusalOf(text: string, role: Role) {
  return refuseForbidden(schema, { document: parse(text) }, viewerOf(role));
}

/** Who may, told by the map alone. */
function rolesThatMay(passes: readonly string[]): Role[] {
  return ROLES.filter((role) => passes.every((each) => PERMISSIONS[each]?.roles.includes(role) ?? true));
}

describe('the permission map and the schema', () => {
  it('every root field is declared', () => {
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const fields = roots.flatMap((type) =>
      Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name}.${field}`),
    );
    expect(fields.length).toBeGreaterThan(18);
    expect(fields.filter((coordinate) => !Object.hasOwn(PERMISSIONS, coordinate))).toEqual([]);
  });

  it('what is declared is in the schema, so that no slip of the pen leaves a field open', () => {
    const missing = Object.keys(PERMISSIONS).filter((coordinate) => {
      const [typeName = '', fieldName] = coordinate.split('.');
      const type = schema.getType(typeName);
      return !isObjectType(type) || (fieldName !== undefined && type.getFields()[fieldName] === undefined);
    });
    expect(missing.filter((coordinate) => !PENDING.includes(coordinate))).toEqual([]);
  });

  it('no filter tells what a field hides', () => {
    const telling = Object.keys(PERMISSIONS).filter((coordinate) => {
      const [typeName = '', fieldName = ''] = coordinate.split('.');
      const filter = schema.getType(`${typeName}Filter`);
      return !can(PUBLIC_VIEWER, coordinate) && isInputObjectType(filter) && fieldName in filter.getFields();
    });
    expect(telling).toEqual([]);
  });

  it('types that are protected as a whole are reached by protected fields, or by the lookups that ask for each', () => {
    const open = paths.filter(
      ({ coordinates }) => coordinates.length > 0 && can(PUBLIC_VIEWER, coordinates.at(-1) ?? ''),
    );
    const leaks = open.flatMap(({ coordinates, passes }) => {
      const [typeName = '', fieldName = ''] = (coordinates.at(-1) ?? '').split('.');
      const type = schema.getType(typeName);
      const result = isObjectType(type) ? type.getFields()[fieldName]?.type : undefined;
      const name = String(result).replace(/[[\]!]/g, '');
      const named = schema.getType(name);
      const members = isAbstractType(named) ? schema.getPossibleTypes(named).map((each) => each.name) : [name];
      const isForbidden = passes.some((each) => !can(PUBLIC_VIEWER, each));
      return !isForbidden && members.some((each) => !can(PUBLIC_VIEWER, each)) ? [coordinates.at(-1)] : [];
    });
    expect(leaks).toEqual(['Query.node', 'Query.nodes']);
  });
});

describe('the walk over a document', () => {
  it('reaches every field of every object type by a valid operation', () => {
    const fields = types
      .filter(isObjectType)
      .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));
    expect(paths.map(({ coordinates }) => coordinates.at(-1)).sort()).toEqual(fields.sort());
    expect(fields.length).toBeGreaterThan(250);
    for (const { operation } of paths) expect([operation, validate(schema, parse(operation))]).toEqual([operation, []]);
  });

  it('lets each role use each field exactly as the map says', () => {
    const wrong = paths.flatMap(({ operation, passes }) => {
      const expected = rolesThatMay(passes);
      const found = ROLES.filter((role) => refusalOf(operation, role) === null);
      return expected.join() === found.join() ? [] : [{ operation, expected, found }];
    });
    expect(wrong).toEqual([]);
    const judged = paths.filter(({ passes }) => rolesThatMay(passes).length < ROLES.length);
    expect(judged.length).toBeGreaterThan(10);
  });

  it('tells who would be needed, and whether signing in may help', () => {
    const text = '{ sources { totalCount } keys: apiKeys { totalCount } }';
    const details = { coordinate: 'Query.apiKeys', roles: ['admin'] };
    expect(refusalOf(text, 'public')?.originalError).toMatchObject({ code: 'AUTH_REQUIRED', details });
    expect(refusalOf(text, 'officer')?.originalError).toMatchObject({ code: 'AUTH_FORBIDDEN', details });
    expect(refusalOf(text, 'officer')?.extensions).toMatchObject({ http: { status: 403 } });
    expect(refusalOf(text, 'admin')).toBeNull();
  });

  it.each([
    ['an alias', '{ sources: apiKeys { totalCount } }'],
    ['a fragment', '{ ...A } fragment A on Query { apiKeys { totalCount } }'],
    [
      'a fragment in a fragment',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { apiKeys { totalCount } }',
    ],
    ['inline fragments', '{ ... { ... on Query { ... @include(if: true) { apiKeys { totalCount } } } } }'],
    ['a directive that leaves it out', 'query Q($no: Boolean = false) { apiKeys @include(if: $no) { totalCount } }'],
    ['a directive on a fragment', '{ ...A @skip(if: true) } fragment A on Query { apiKeys { totalCount } }'],
    ['nothing but its type name', '{ apiKeys { __typename } }'],
    ['a member of an interface', '{ node(id: "ApiKey:1") { ... on ApiKey { name } } }'],
    ['a member of an interface, by its type name', '{ node(id: "ApiKey:1") { ... on ApiKey { __typename } } }'],
    ['a member of an interface in lists', '{ nodes(ids: []) { ...K } } fragment K on ApiKey { ... on Node { id } }'],
    [
      'an interface in an interface',
      '{ node(id: "x") { ... on Node { ... on Node { ... on AuditEntry { actor } } } } }',
    ],
    [
      'a fragment that stands elsewhere, too',
      '{ sources { totalCount } ...A ...A } fragment A on Query { apiKeys { __typename } }',
    ],
  ])('is not misled by %s', (_name, text) => {
    expect(validate(schema, parse(text))).toEqual([]);
    expect(ROLES.filter((role) => refusalOf(text, role) === null)).toEqual(['admin']);
  });

  it('judges the operation that is executed, of several', () => {
    const document = parse('query Open { viewer { role } } query Closed { apiKeys { totalCount } }');
    const judge = (operationName: string) => refuseForbidden(schema, { document, operationName }, PUBLIC_VIEWER);
    for (let at = 0; at < 2; at += 1)
      expect([judge('Open'), judge('Closed')?.extensions.code]).toEqual([null, 'AUTH_REQUIRED']);
  });

  it('remembers what a document touches, not who asked', () => {
    const document = parse('{ apiKeys { totalCount } }');
    const judge = (role: Role) => refuseForbidden(schema, { document }, viewerOf(role)) === null;
    expect([judge('admin'), judge('public'), judge('admin')]).toEqual([true, false, true]);
  });

  it('takes no time for fragments that double each other', () => {
    const doubling = Array.from({ length: 60 }, (_, at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`);
    const text = `{ ...F0 } ${doubling.join(' ')} fragment F60 on Query { apiKeys { totalCount } }`;
    expect(refusalOf(text, 'public')?.extensions.code).toBe('AUTH_REQUIRED');
  });
});

describe('interfaces, unions and officers, in a schema of its own', () => {
  const own = buildSchema(`
    interface Thing { id: ID! value: String }
    type Open implements Thing { id: ID! value: String }
    type Half implements Thing { id: ID! value: String }
    type Closed { id: ID! }
    union Any = Open | Closed
    type Query { thing: Thing any: Any report(entity: String, other: String): Open undeclared: Open }
    type Mutation { submit(entity: String!): Boolean }
    type Subscription { changes: Thing }
  `);
  const map: Record<string, Permission> = {
    'Query.thing': { roles: ROLES },
    'Query.any': { roles: ROLES },
    'Query.report': { roles: ['officer', 'admin'], ownEntity: 'entity' },
    'Mutation.submit': { roles: ['officer'], ownEntity: 'entity' },
    'Subscription.changes': { roles: ROLES },
    'Half.value': { roles: ['admin'] },
    Closed: { roles: ['admin'] },
  };
  const judge = (text: string, role: Role, variableValues: Record<string, unknown> = {}) =>
    refuseForbidden(own, { document: parse(text), variableValues }, viewerOf(role), map)?.extensions.code ?? 'OPEN';

  it.each([
    ['{ thing { id } }', 'OPEN'],
    ['{ thing { value } }', 'AUTH_REQUIRED'],
    ['{ thing { ... on Open { value } } }', 'OPEN'],
    ['{ thing { ... on Half { id } } }', 'OPEN'],
    ['{ thing { ... on Half { x: value } } }', 'AUTH_REQUIRED'],
    ['subscription { changes { value } }', 'AUTH_REQUIRED'],
    ['subscription { changes { id } }', 'OPEN'],
    ['{ any { __typename } }', 'AUTH_REQUIRED'],
    ['{ any { ... on Open { id } } }', 'AUTH_REQUIRED'],
  ])('%s is %s to the public', (text, code) => {
    expect(judge(text, 'public')).toBe(code);
    expect(judge(text, 'admin')).toBe('OPEN');
  });

  it('a root field that is not declared is for nobody', () => {
    for (const role of ROLES) expect(judge('{ undeclared { id } }', role)).not.toBe('OPEN');
  });

  it('an officer speaks for the own entity, however it is written', () => {
    expect(judge('{ report(entity: "GSO-2025:79") { id } }', 'officer')).toBe('OPEN');
    expect(judge('{ report(entity: "Entity:GSO-2025:79") { id } }', 'officer')).toBe('OPEN');
    const byVariable = 'mutation M($e: String!) { submit(entity: $e) }';
    expect(judge(byVariable, 'officer', { e: 'GSO-2025:79' })).toBe('OPEN');
    expect(judge(byVariable, 'officer', { e: 'GSO-2025:01' })).toBe('AUTH_FORBIDDEN');
    expect(judge(byVariable, 'officer', {})).toBe('AUTH_FORBIDDEN');
    expect(judge('query Q($e: String = "GSO-2025:01") { report(entity: $e) { id } }', 'officer')).toBe(
      'AUTH_FORBIDDEN',
    );
    for (const given of ['entity: "GSO-2025:01"', 'entity: "79"', 'entity: null', 'other: "GSO-2025:79"']) {
      expect([given, judge(`{ report(${given}) { id } }`, 'officer')]).toEqual([given, 'AUTH_FORBIDDEN']);
    }
    const both = '{ a: report(entity: "GSO-2025:79") { id } b: report(entity: "GSO-2025:01") { id } }';
    expect(judge(both, 'officer')).toBe('AUTH_FORBIDDEN');
    expect(judge(both, 'admin')).toBe('OPEN');
  });
});
