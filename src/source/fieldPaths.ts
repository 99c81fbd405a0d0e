import { cleanText } from './storable.js';

/** A source that makes field names of its data, such as one per province and month, would fill the memory. */
const MAX_FIELDS = 300;
/** Deeper ones are of no use to a mapping. */
const MAX_DEPTH = 6;
/** Elements of a list that are looked at. */
const MAX_ELEMENTS = 20;

/** Stands for all further fields of a stream that has too many of them. */
export const MORE_FIELDS = '*';

type Node = Map<string, Node>;

/** Remembers which fields the rows of a stream have. */
export interface FieldPaths {
  /**
   * Looks at rows.
   * @returns paths that were not known before: `a.b`, `list[].c`; {@link MORE_FIELDS} once there are too many
   */
  observe(rows: Iterable<unknown>): string[];
}

/**
 * Makes the memory of one stream.
 * @param known what was seen before an interruption
 */
export function createFieldPaths(known: readonly string[] = []): FieldPaths {
  const seen = new Set(known);
  const root: Node = new Map();
  let fresh: string[] = [];
  const add = (found: string): void => {
    const path = cleanText(found);
    if (seen.has(path) || seen.size > MAX_FIELDS) return;
    const name = seen.size === MAX_FIELDS ? MORE_FIELDS : path;
    seen.add(name);
    fresh.push(name);
  };
  const walk = (data: unknown, node: Node, path: string, depth: number): void => {
    if (typeof data !== 'object' || data === null || depth > MAX_DEPTH) return;
    if (Array.isArray(data)) {
      for (const element of data.slice(0, MAX_ELEMENTS)) walk(element, node, `${path}[]`, depth + 1);
      return;
    }
    for (const key in data) {
      let child = node.get(key);
      const inner: unknown = (data as Record<string, unknown>)[key];
      const isNested = typeof inner === 'object' && inner !== null;
      if (child !== undefined && !isNested) continue;
      const name = path === '' ? key : `${path}.${key}`;
      if (child === undefined) {
        if (node.size >= MAX_FIELDS) {
          add(name);
          continue;
        }
        child = new Map();
        node.set(key, child);
        add(name);
      }
      if (isNested) walk(inner, child, name, depth + 1);
    }
  };
  return {
    observe(rows) {
      fresh = [];
      for (const row of rows) walk(row, root, '', 0);
      return fresh;
    },
  };
}
