import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  parse,
  validate,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { ERROR_ADVICE } from '../../src/command/errorAdvice.js';
import { referencePages } from '../../src/command/reference.js';
import { ERROR_CODES } from '../../src/domain/errors.js';
import { buildGraphSchema, printGraphSchema } from '../../src/graph/schema.js';
import { contractDocument } from './graphFixture.js';

const schema = buildGraphSchema();
const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);

/** Names of everything in a type that has no description. */
function undescribed(type: GraphQLNamedType): string[] {
  const missing = type.description ? [] : [type.name];
  if (isEnumType(type)) {
    return [
      ...missing,
      ...type.getValues().flatMap(({ name, description }) => (description ? [] : [`${type.name}.${name}`])),
    ];
  }
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return missing;
  for (const field of Object.values(type.getFields())) {
    if (!field.description) missing.push(`${type.name}.${field.name}`);
    if (!('args' in field)) continue;
    for (const { name, description } of field.args)
      if (!description) missing.push(`${type.name}.${field.name}(${name})`);
  }
  return missing;
}

describe('the schema', () => {
  it('every type, field, argument and enum value has a description: they are the manual', () => {
    expect(types.length).toBeGreaterThan(80);
    expect(types.flatMap(undescribed)).toEqual([]);
  });

  it('the committed schema.graphql is the schema; write it anew by `npm run schema` and review the difference', () => {
    expect(readFileSync(join(import.meta.dirname, '../../schema.graphql'), 'utf8')).toBe(printGraphSchema());
  });

  it('the committed reference is what the schema, the permissions and the codes say; write it anew by `npm run reference`', () => {
    const folder = join(import.meta.dirname, '../../docs/reference');
    const pages = referencePages(schema);
    expect(readdirSync(folder).sort()).toEqual([...pages.keys()].sort());
    for (const [name, text] of pages) expect(text, name).toBe(readFileSync(join(folder, name), 'utf8'));
    expect(Object.keys(ERROR_CODES).filter((code) => !(code in ERROR_ADVICE))).toEqual([]);
  });

  it.each([
    'ranking',
    'matrix',
    'entity',
    'sources',
    'ranking-updates',
  ])('the schema accepts the %s document of the contract', (name) => {
    expect(validate(schema, parse(contractDocument(name)))).toEqual([]);
  });

  it('all root fields of the contract are there, each with `at`', () => {
    const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
    const names =
      'node nodes entity entities measures frameworks rounds round ranking scores snapshot observations sources source syncRuns';
    expect(fields.map(({ name }) => name)).toEqual(expect.arrayContaining(names.split(' ')));
    const reading = fields.filter(({ name }) => names.split(' ').includes(name));
    expect(reading.filter(({ args }) => !args.some(({ name }) => name === 'at'))).toEqual([]);
  });

  it('every connection has edges, totalCount and pageInfo', () => {
    for (const type of types.filter(({ name }) => name.endsWith('Connection'))) {
      expect(Object.keys(isObjectType(type) ? type.getFields() : {})).toEqual(
        expect.arrayContaining(['edges', 'pageInfo', 'totalCount']),
      );
    }
  });
});
