import { describe, expect, it } from 'vitest';
import { manifestJsonSchema } from '../../../src/source/manifest/jsonSchema.js';

describe('the JSON Schema', () => {
  it('describes every key, and refuses unknown ones', () => {
    const undescribed: string[] = [];
    const open: string[] = [];
    const walk = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      if ('properties' in schema && typeof schema.properties === 'object' && schema.properties !== null) {
        if (!('additionalProperties' in schema) || schema.additionalProperties !== false) open.push(path);
        for (const [key, member] of Object.entries(schema.properties)) {
          if (typeof member === 'object' && member !== null && !('description' in member) && !('$ref' in member))
            undescribed.push(`${path}.${key}`);
        }
      }
      for (const [key, member] of Object.entries(schema)) walk(member, `${path}.${key}`);
    };
    const schema = manifestJsonSchema();
    walk(schema, '');
    expect(open).toEqual([]);
    expect(undescribed).toEqual([]);
    expect(JSON.parse(JSON.stringify(schema))).toMatchObject({ title: 'Manifest of a source', type: 'object' });
  });
});
