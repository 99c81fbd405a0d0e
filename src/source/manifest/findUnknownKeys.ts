import type { z } from 'zod';
import { isJsonObject } from '../json.js';
import { findNear } from '../nearWord.js';
import type { FoundProblem, ManifestPath } from './problem.js';

type Schema = z.core.$ZodType;

/**
 * Finds keys that a schema does not have, also where the kind of a part cannot be told because its own key is misspelt, which a parse would hide.
 * @returns one problem for each, at its key, with the key that was probably meant
 */
export function findUnknownKeys(schema: Schema, data: unknown, path: ManifestPath = []): FoundProblem[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object': {
      if (!isJsonObject(data)) return [];
      const isStrict = (def.catchall as z.core.$ZodTypes | undefined)?._zod.def.type === 'never';
      return Object.entries(data).flatMap(([key, value]) => {
        const member = Object.hasOwn(def.shape, key) ? def.shape[key] : undefined;
        if (member !== undefined) return findUnknownKeys(member, value, [...path, key]);
        return isStrict ? [unknownKey(key, Object.keys(def.shape), path)] : [];
      });
    }
    case 'record':
      return isJsonObject(data)
        ? Object.entries(data).flatMap(([key, value]) => findUnknownKeys(def.valueType, value, [...path, key]))
        : [];
    case 'array':
      return Array.isArray(data)
        ? data.flatMap((element, index) => findUnknownKeys(def.element, element, [...path, index]))
        : [];
    case 'union':
      return findInUnion(def, data, path);
    case 'lazy':
      return data === undefined ? [] : findUnknownKeys(def.getter(), data, path);
    case 'pipe':
      return findUnknownKeys(def.in, data, path);
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
    case 'nonoptional':
    case 'catch':
      return findUnknownKeys(def.innerType, data, path);
    default:
      return [];
  }
}

function findInUnion(def: z.core.$ZodUnionDef, data: unknown, path: ManifestPath): FoundProblem[] {
  const discriminator = 'discriminator' in def && typeof def.discriminator === 'string' ? def.discriminator : null;
  if (discriminator !== null && isJsonObject(data)) {
    const value = data[discriminator];
    const option = def.options.find((each) => each._zod.propValues?.[discriminator]?.has(value as string));
    if (option !== undefined) return findUnknownKeys(option, data, path);
    const known = def.options.flatMap(keysOf);
    return Object.keys(data)
      .filter((key) => !known.includes(key))
      .map((key) => unknownKey(key, known, path));
  }
  const options = def.options.filter((option) => accepts(option, data));
  const found = options.map((option) => findUnknownKeys(option, data, path));
  return found.toSorted((left, right) => left.length - right.length)[0] ?? [];
}

function keysOf(schema: Schema): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'object') return Object.keys(def.shape);
  if (def.type === 'pipe') return keysOf(def.in);
  return def.type === 'union' ? def.options.flatMap(keysOf) : [];
}

/** True when the data has the outer shape that the schema wants. */
function accepts(schema: Schema, data: unknown): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'array') return Array.isArray(data);
  if (def.type === 'object' || def.type === 'record') return isJsonObject(data);
  if (def.type === 'union') return def.options.some((option) => accepts(option, data));
  if (def.type === 'pipe') return accepts(def.in, data);
  return def.type === 'lazy';
}

function unknownKey(key: string, known: readonly string[], path: ManifestPath): FoundProblem {
  const near = findNear(key, known);
  const advice = near !== null ? `did you mean "${near}"?` : `there are ${known.join(', ')}.`;
  return {
    path: [...path, key],
    code: 'unknown_key',
    message: `There is no key "${key}" here; ${advice}`,
    atKey: true,
  };
}
