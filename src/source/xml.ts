import { type X2jOptions, XMLParser, XMLValidator } from 'fast-xml-parser';
import { syncFailure } from './failure.js';
import { describeBody, isJsonObject, type JsonObject } from './json.js';

/** How XML becomes JSON data, whatever is done about names. */
export const XML_OPTIONS: Partial<X2jOptions> = {
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // Without this, character references such as &#65; stay as they are.
  htmlEntities: true,
  // Deeper documents are refused; the ones that we read have six levels.
  maxNestedTags: 40,
  // Nobody asks where an element stands, and keeping book of it takes a third of the time.
  jPath: false,
};

/**
 * Reads XML as JSON data: names without their prefix, attributes as `@name`, all values as text, empty elements as `""`. Entities other than those
 * of XML and HTML are never expanded, for a document type declaration is refused.
 * @param lists local names of elements that are always arrays, also when there is one
 * @returns the document; its one member is the root element
 * @throws PlatformError SYNC_PROTOCOL when the text is not well-formed, such as half a body
 */
export function parseXml(text: string, lists: readonly string[]): JsonObject {
  const parser = new XMLParser({
    ...XML_OPTIONS,
    removeNSPrefix: true,
    isArray: (name) => lists.includes(name),
  });
  try {
    if (!/<!DOCTYPE/i.test(text) && XMLValidator.validate(text) === true) {
      const document: unknown = parser.parse(text);
      if (isJsonObject(document)) return document;
    }
  } catch {
    // The parser's message adds nothing to the one below, and may quote the body at length.
  }
  throw syncFailure(
    'SYNC_PROTOCOL',
    `Expected well-formed XML without a document type, received ${describeBody(text)}.`,
  );
}

/** The child element with this local name; `{}` when it is empty; null when there is none, or more than one. */
export function childElement(parent: JsonObject | null, name: string): JsonObject | null {
  const child = parent?.[name];
  if (child === '') return {};
  return isJsonObject(child) ? child : null;
}

/** The text of a child element, or of an attribute named `@name`; null when there is none, or more than one. */
export function childText(parent: JsonObject | null, name: string): string | null {
  const child = parent?.[name];
  const text = isJsonObject(child) ? child['#text'] : child;
  return typeof text === 'string' ? text.trim() : null;
}

/** Writes text for an element or a quoted attribute; characters that XML cannot carry are left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}
