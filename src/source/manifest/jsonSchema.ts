import { z } from 'zod';
import { isJsonObject } from '../json.js';
import { manifestSchema } from './schema.js';

/** What a preset may bring along, so that an editor must not ask for it. `parseManifest` does, once the preset is expanded. */
const FROM_PRESET = ['request', 'path', 'format', 'pagination', 'type'];

/** The JSON Schema (2020-12) of a manifest, for editors; it knows shapes and values, not placeholders, paths and expressions. */
export function manifestJsonSchema(): unknown {
  const schema = z.toJSONSchema(manifestSchema, { io: 'input', unrepresentable: 'any' });
  const title = 'Manifest of a source';
  return { ...schema, title, properties: relax(schema.properties) };
}

/** Takes what a preset may bring out of the required keys of a stream. */
function relax(properties: unknown): unknown {
  if (!isJsonObject(properties) || !isJsonObject(properties.streams)) return properties;
  const { streams } = properties;
  if (!isJsonObject(streams.items)) return properties;
  return { ...properties, streams: { ...streams, items: relaxRequired(streams.items) } };
}

function relaxRequired(schema: unknown): unknown {
  if (!isJsonObject(schema)) return schema;
  const required = Array.isArray(schema.required) ? schema.required.filter((key) => !FROM_PRESET.includes(key)) : null;
  const parts = isJsonObject(schema.properties) ? schema.properties : {};
  const request = parts.request === undefined ? {} : { request: relaxRequired(parts.request) };
  return {
    ...schema,
    ...(required === null ? {} : { required }),
    ...(isJsonObject(schema.properties) ? { properties: { ...parts, ...request } } : {}),
  };
}
