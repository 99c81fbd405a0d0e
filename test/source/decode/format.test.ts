import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createDecoder } from '../../../src/source/decode/decode.js';
import { formatSchema } from '../../../src/source/decode/format.js';

const TYPES = ['json', 'ndjson', 'csv', 'xml', 'xlsx', 'json-stat', 'sdmx-csv'];

describe('formatSchema', () => {
  it.each(TYPES)('accepts %s with nothing but its type, bounded and unpacked by default', (type) => {
    const format = formatSchema.parse({ type });
    expect(format).toMatchObject({ type, compression: 'auto', maxDecodedBytes: 50_000_000, maxRows: 200_000 });
    expect(() => createDecoder(format)).not.toThrow();
  });

  it.each(TYPES)('names a key of %s that is misspelt', (type) => {
    const { error } = formatSchema.safeParse({ type, maxRow: 5 });
    expect(error?.issues).toMatchObject([{ code: 'unrecognized_keys', keys: ['maxRow'] }]);
  });

  it.each([
    [{ type: 'yaml' }, ['type']],
    [{ type: 'json', records: 'a..b' }, ['records']],
    [{ type: 'json', explode: 'a[*].b' }, ['explode']],
    [{ type: 'csv', header: false }, ['columns']],
    [{ type: 'csv', columns: ['a', 'a'] }, ['columns']],
    [{ type: 'csv', delimiter: '||' }, ['delimiter']],
    [{ type: 'csv', charset: 'utf8' }, ['charset']],
    [{ type: 'csv', records: 'data' }, []],
    [{ type: 'csv', unpivot: { columns: '#', name: 'y' } }, ['unpivot', 'value']],
    [{ type: 'xlsx', headerRow: null }, ['columns']],
    [{ type: 'xlsx', sheet: 0 }, ['sheet']],
    [{ type: 'xlsx', skipRows: [{ from: 5, to: 4 }] }, ['skipRows', 0]],
    [{ type: 'xml', namespaces: { 'a b': 'urn:a' } }, ['namespaces', 'a b']],
    [{ type: 'json', maxDepth: 1000 }, ['maxDepth']],
  ])('refuses %j and says where', (format, path) => {
    const { error } = formatSchema.safeParse(format);
    expect(error?.issues.map((issue) => issue.path)).toEqual([path]);
  });

  it('becomes a JSON Schema in which every key is described', () => {
    const undescribed: string[] = [];
    const walk = (node: unknown, place: string): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [name, member] of Object.entries(Object(node).properties ?? {})) {
        if (typeof Object(member).description !== 'string') undescribed.push(`${place}.${name}`);
      }
      for (const [name, member] of Object.entries(node)) walk(member, `${place}.${name}`);
    };
    const schema = z.toJSONSchema(formatSchema, { io: 'input' });
    walk(schema, '');
    expect(undescribed).toEqual([]);
    expect(schema.oneOf).toHaveLength(TYPES.length);
  });
});
