import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { syncFailure } from '../failure.js';
import { describeBody, isJsonObject, type JsonObject } from '../json.js';
import { XML_OPTIONS } from '../xml.js';

/** Prefixes that are in force at an element, and their URIs; `''` is the default namespace. */
type Scope = ReadonlyMap<string, string>;

/**
 * Reads XML as {@link parseXml} does, but tells namespaces apart: a name in a declared namespace becomes `prefix:name` with the prefix of the manifest,
 * whatever prefix the body uses; any other name its local name. Attributes that declare namespaces are left out.
 * @param lists names after that, of elements that are always arrays
 * @param namespaces from the prefix of the manifest to the URI
 * @throws PlatformError SYNC_PROTOCOL when the text is not well-formed, uses a prefix that it does not declare, or has a document type
 */
export function parseNamespacedXml(
  text: string,
  lists: readonly string[],
  namespaces: Readonly<Record<string, string>>,
): JsonObject {
  const prefixes = new Map(Object.entries(namespaces).map(([prefix, uri]) => [uri, prefix]));
  const document = parse(text);
  if (document === null) {
    throw syncFailure(
      'SYNC_PROTOCOL',
      `Expected well-formed XML without a document type, received ${describeBody(text)}.`,
    );
  }
  return renameChildren(
    document,
    { prefixes, lists: new Set(lists) },
    new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]),
  );
}

function parse(text: string): JsonObject | null {
  const parser = new XMLParser(XML_OPTIONS);
  try {
    if (/<!DOCTYPE/i.test(text) || XMLValidator.validate(text) !== true) return null;
    const document: unknown = parser.parse(text);
    return isJsonObject(document) ? document : null;
  } catch {
    return null;
  }
}

interface Naming {
  /** From URI to the prefix of the manifest. */
  readonly prefixes: ReadonlyMap<string, string>;
  readonly lists: ReadonlySet<string>;
}

function renameChildren(element: JsonObject, naming: Naming, scope: Scope): JsonObject {
  const children = new Map<string, unknown>();
  for (const [name, member] of Object.entries(element)) {
    if (name.startsWith('@')) {
      if (!/^@xmlns(:|$)/.test(name)) children.set(`@${nameIn(name.slice(1), naming, scope, false)}`, member);
    } else if (name === '#text') children.set(name, member);
    else {
      // Elements of one name may each declare the prefix differently.
      for (const child of Array.isArray(member) ? member : [member]) addChild(children, name, child, naming, scope);
    }
  }
  return Object.fromEntries(children);
}

function addChild(children: Map<string, unknown>, name: string, child: unknown, naming: Naming, outer: Scope): void {
  const scope = isJsonObject(child) ? scopeOf(child, outer) : outer;
  const renamed = nameIn(name, naming, scope, true);
  const content = isJsonObject(child) ? simplify(renameChildren(child, naming, scope)) : child;
  const before = children.get(renamed);
  if (Array.isArray(before)) before.push(content);
  else if (children.has(renamed)) children.set(renamed, [before, content]);
  else children.set(renamed, naming.lists.has(renamed) ? [content] : content);
}

/** An element that had nothing but declarations beside its text is its text, as it would be without them. */
function simplify(element: JsonObject): unknown {
  const names = Object.keys(element);
  if (names.length === 0) return '';
  return names.length === 1 && names[0] === '#text' ? element['#text'] : element;
}

function scopeOf(element: JsonObject, outer: Scope): Scope {
  const declarations = Object.entries(element).flatMap(([name, uri]): [string, string][] => {
    const match = /^@xmlns(?::(.+))?$/.exec(name);
    return match && typeof uri === 'string' ? [[match[1] ?? '', uri]] : [];
  });
  return declarations.length === 0 ? outer : new Map([...outer, ...declarations]);
}

/** Attributes without a prefix are in no namespace. */
function nameIn(name: string, { prefixes }: Naming, scope: Scope, isElement: boolean): string {
  const colon = name.indexOf(':');
  const prefix = colon < 0 ? '' : name.slice(0, colon);
  const local = name.slice(colon + 1);
  if (prefix === '' && !isElement) return local;
  const uri = scope.get(prefix);
  if (uri === undefined && prefix !== '')
    throw syncFailure('SYNC_PROTOCOL', `Expected XML that declares its prefixes, received "${name.slice(0, 80)}".`);
  const known = uri === undefined ? undefined : prefixes.get(uri);
  return known === undefined ? local : `${known}:${local}`;
}
