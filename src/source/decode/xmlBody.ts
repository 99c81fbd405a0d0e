import { isJsonObject } from '../json.js';
import { parseXml } from '../xml.js';
import type { BodyReader } from './body.js';
import { depthFailure, type NestingBounds, RowCollector } from './bound.js';
import { refuseForeign } from './foreign.js';
import type { FormatOf } from './format.js';
import { followSteps, type PathStep, pathSteps } from './path.js';
import { compileRecords, recordsAt } from './record.js';
import { parseNamespacedXml } from './xmlNamespace.js';

/** Reads one XML document and the records in it. */
export function createXmlReader(format: FormatOf<'xml'>): BodyReader<string> {
  const steps = pathSteps(format.records);
  const addRecords = compileRecords(format);
  return async (text) => {
    refuseForeign(text, 'XML');
    const { namespaces, lists } = format;
    const document = namespaces === undefined ? parseXml(text, lists) : parseNamespacedXml(text, lists, namespaces);
    requireDepth(document, format, 0);
    return {
      document,
      readRows: () => {
        const into = new RowCollector(format);
        if (!isEmptyList(document, steps, format)) addRecords(recordsAt(document, steps), into);
        return into.rows;
      },
    };
  };
}

/**
 * True when there is the parent of the records and no record in it, which is how XML writes an empty list. A parent with other elements is one only if
 * the manifest says so: the record's element may have been renamed.
 */
function isEmptyList(document: unknown, steps: readonly PathStep[], format: FormatOf<'xml'>): boolean {
  const path = steps.at(-1)?.kind === 'all' ? steps.slice(0, -1) : steps;
  const last = path.at(-1);
  if (last?.kind !== 'key' || path.length < 2) return false;
  const { found, absent } = followSteps(document, path.slice(0, -1));
  const [parent] = found;
  if (absent !== null || found.length !== 1) return false;
  if (!isJsonObject(parent)) return parent === '';
  if (Object.hasOwn(parent, last.key)) return false;
  return format.absentIsEmpty || Object.keys(parent).every((name) => name.startsWith('@'));
}

/** The parser has a bound of its own, so that this cannot run out of stack. */
function requireDepth(node: unknown, bounds: NestingBounds, depth: number): void {
  if (typeof node !== 'object' || node === null) return;
  const isList = Array.isArray(node);
  if (!isList && depth > bounds.maxDepth) throw depthFailure(bounds);
  for (const child of Object.values(node)) requireDepth(child, bounds, isList ? depth : depth + 1);
}
