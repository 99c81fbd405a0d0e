import type { z } from 'zod';
import { isJsonObject } from '../../json.js';
import { expandPreset } from '../../manifest/preset.js';
import { manifestSchema } from '../../manifest/schema.js';
import { type Check, conclude, notApplicable } from '../check.js';

type Schema = z.core.$ZodType;
type Path = readonly (string | number)[];

/** A key that nobody reads is a wish that nobody grants. */
export const misspeltKeys: Check = {
  name: 'misspelt-keys',
  title: 'every key of the manifest, misspelt, gives a problem that names it',
  async run({ subject }) {
    const { manifest } = subject;
    if (manifest === null) return notApplicable('a connector in code has no manifest');
    const paths = listKeys(manifestSchema, expandPreset(manifest.data), []).filter((path) =>
      hasKey(manifest.data, path),
    );
    // The keys of the second figure are those of the first.
    const distinct = new Map(paths.map((path) => [path.filter((step) => typeof step === 'string').join('.'), path]));
    const problems = [...distinct.values()].flatMap((path) => {
      const wrong = `${String(path.at(-1))}Qq`;
      const { manifest: parsed, problems: found } = manifest.parse(
        JSON.stringify(misspell(manifest.data, path, wrong)),
      );
      const isNamed = found.some(({ message }) => message.includes(`"${wrong}"`));
      return parsed === null && isNamed ? [] : [`"${wrong}" at ${path.join('.')} is accepted`];
    });
    return conclude(problems, `${distinct.size} keys`);
  },
};

/** Keys that the language fixes; those of maps, such as headers, are the author's own. */
function listKeys(schema: Schema, data: unknown, path: Path): Path[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return Object.entries(isJsonObject(data) ? data : {}).flatMap(([key, value]) => {
        const member = Object.hasOwn(def.shape, key) ? def.shape[key] : undefined;
        return member === undefined ? [] : [[...path, key], ...listKeys(member, value, [...path, key])];
      });
    case 'record':
      return Object.entries(isJsonObject(data) ? data : {}).flatMap(([key, value]) =>
        listKeys(def.valueType, value, [...path, key]),
      );
    case 'array':
      return Array.isArray(data) ? data.flatMap((each, at) => listKeys(def.element, each, [...path, at])) : [];
    case 'union': {
      const option = def.options.find((each) => (each as z.ZodType).safeParse(data).success);
      return option === undefined ? [] : listKeys(option, data, path);
    }
    case 'pipe':
      return listKeys(def.in, data, path);
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
      return listKeys(def.innerType, data, path);
    default:
      return [];
  }
}

function hasKey(data: unknown, [step, ...rest]: Path): boolean {
  if (step === undefined) return true;
  return typeof data === 'object' && data !== null && Object.hasOwn(data, step) && hasKey(Object(data)[step], rest);
}

function misspell(data: unknown, [step, ...rest]: Path, wrong: string): unknown {
  if (Array.isArray(data)) return data.map((each, at) => (at === step ? misspell(each, rest, wrong) : each));
  if (!isJsonObject(data)) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, member]) => {
      if (key !== step) return [key, member];
      return rest.length === 0 ? [wrong, member] : [key, misspell(member, rest, wrong)];
    }),
  );
}
