import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import type { FoundProblem, ManifestPath, ManifestProblem } from './problem.js';
import { writePath } from './problem.js';

/** Bytes of the longest manifest. */
export const MAX_MANIFEST_BYTES = 262_144;
const MAX_DEPTH = 32;
/** The parser of YAML needs this many more characters for one level; brackets in texts count too, which no honest manifest has so many of. */
const MAX_OPEN_BRACKETS = 200;
const MAX_ALIASES = 50;

/** A manifest as data, with the means to find the place of its parts in the text. */
export interface ManifestText {
  /** null when the text is not YAML or JSON, or was refused. */
  readonly data: unknown;
  readonly problems: readonly ManifestProblem[];
  /** Gives a problem its line and column: of the value, of the key, or of the nearest thing around it that is there. */
  locate(problem: FoundProblem): ManifestProblem;
}

/** Reads YAML 1.2 or JSON. Never throws: what is wrong is in the problems, and then there is no data. */
export function readManifestText(text: string): ManifestText {
  const lines = new LineCounter();
  const refuse = (code: 'syntax' | 'size' | 'depth' | 'alias', message: string, offset = 0): ManifestText => {
    const { line, col } = lines.linePos(offset);
    const problem = { path: '', line: Math.max(line, 1), column: Math.max(col, 1), code, message };
    return {
      data: null,
      problems: [problem],
      locate: (found) => ({ ...problem, ...found, path: writePath(found.path) }),
    };
  };
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_MANIFEST_BYTES) {
    return refuse('size', `A manifest has at most ${MAX_MANIFEST_BYTES} bytes, this one has ${bytes}.`);
  }
  if (countOpenBrackets(text) > MAX_OPEN_BRACKETS) {
    return refuse('depth', `A manifest nests at most ${MAX_DEPTH} levels deep.`);
  }
  const document = parseDocument(isJson(text) ? text.replaceAll('\t', ' ') : text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    stringKeys: true,
    logLevel: 'silent',
  });
  const locate = (found: FoundProblem): ManifestProblem => {
    const { line, col } = lines.linePos(offsetOf(document, found.path, found.atKey === true));
    const { code, message } = found;
    return { path: writePath(found.path), line, column: col, code, message };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, 50).map(({ code, message, pos }) => {
      const { line, col } = lines.linePos(pos[0]);
      const kind = code === 'DUPLICATE_KEY' ? ('duplicate' as const) : ('syntax' as const);
      return { path: '', line, column: col, code: kind, message: `${message}.` };
    });
    return { data: null, problems, locate };
  }
  const { depth, aliases, isCyclic, numbers } = survey(document);
  if (depth > MAX_DEPTH)
    return refuse('depth', `A manifest nests at most ${MAX_DEPTH} levels deep, this one ${depth}.`);
  if (aliases > MAX_ALIASES)
    return refuse('alias', `A manifest has at most ${MAX_ALIASES} aliases, this one ${aliases}.`);
  if (isCyclic) return refuse('alias', 'An alias of the manifest stands for itself. Write out what it means.');
  try {
    const data: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { data, problems: numbers.map(locate), locate };
  } catch {
    return refuse('alias', 'The aliases of the manifest stand for too much. Write out what they mean.');
  }
}

/** JSON allows tabs where YAML does not; outside of texts, and inside they are not allowed, each may be a space. */
function isJson(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The greatest number of brackets that stand open, an upper bound of the depth of flow collections. */
function countOpenBrackets(text: string): number {
  let open = 0;
  let most = 0;
  for (const character of text) {
    if (character === '[' || character === '{') {
      open += 1;
      most = Math.max(most, open);
    } else if ((character === ']' || character === '}') && open > 0) open -= 1;
  }
  return most;
}

/** Depth, aliases, and the numbers that YAML reads differently from how they are written: the code 01 would become 1. */
function survey(document: Document): { depth: number; aliases: number; isCyclic: boolean; numbers: FoundProblem[] } {
  let depth = 0;
  let isCyclic = false;
  let aliases = 0;
  const numbers: FoundProblem[] = [];
  visit(document, {
    Alias: (_key, node, path) => {
      aliases += 1;
      // An alias only reaches back, so that a circle always passes through a node around it.
      const target = node.resolve(document);
      isCyclic ||= path.some((each) => each === target);
    },
    Collection: (_key, _node, path) => {
      depth = Math.max(depth, path.filter((each) => isMap(each) || isSeq(each)).length + 1);
    },
    Scalar: (_key, node, path) => {
      if (typeof node.value !== 'number' && typeof node.value !== 'bigint') return;
      const source = node.source ?? String(node.value);
      if (source === String(node.value) || /^-?\d{1,15}\.\d{1,10}$/.test(source)) return;
      numbers.push({
        path: pathOf([...path, node]),
        code: 'number',
        message: `YAML reads ${source} as the number ${node.value}. Write "${source}" in quotes if it is a code, else write the number plainly.`,
      });
    },
  });
  return { depth, aliases, isCyclic, numbers };
}

/** The steps to the last of these nodes. */
function pathOf(nodes: readonly unknown[]): ManifestPath {
  return nodes.flatMap((node, index): (string | number)[] => {
    const next = nodes[index + 1];
    if (isSeq(node)) return [node.items.indexOf(next)];
    if (!isMap(node)) return [];
    const pair = node.items.find((each) => each === next);
    return pair === undefined || !isScalar(pair.key) ? [] : [String(pair.key.value)];
  });
}

/** Where the last step that exists begins. */
function offsetOf(document: Document, path: ManifestPath, atKey: boolean): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = (node as Alias).resolve(document);
    const isLast = index === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === String(step));
      if (pair === undefined) break;
      const [key, value] = [startOf(pair.key), startOf(pair.value)];
      node = pair.value;
      offset = (isLast && !atKey ? value : key) ?? key ?? offset;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(step)];
      if (item === undefined) break;
      node = item;
      offset = startOf(item) ?? offset;
    } else break;
  }
  return offset;
}

function startOf(node: unknown): number | null {
  return isNode(node) ? ((node as Node).range?.[0] ?? null) : null;
}
