import { syncFailure } from '../failure.js';
import type { JsonObject } from '../json.js';
import type { BodyReader, ParsedBody } from './body.js';
import { requireBytes } from './bound.js';
import { decodeText } from './charset.js';
import { decompress } from './compression.js';
import { createCsvReader } from './csv.js';
import type { FormatSpec } from './format.js';
import { createJsonReader, createNdjsonReader } from './jsonBody.js';
import { createJsonStatReader } from './jsonStat.js';
import { createSdmxCsvReader } from './sdmxCsv.js';
import { createXlsxReader } from './xlsx.js';
import { createXmlReader } from './xmlBody.js';

/** A body that became rows. */
export interface DecodedBody {
  /** The whole body where there is one (json, xml, json-stat), for pagination and error predicates; else null. */
  readonly document: unknown;
  /**
   * Plain JSON objects in the order of the body. One that could not be read is `{ _malformed, _problem }`; see {@link malformedRow}. Integers beyond
   * 2^53 and decimal numbers are text; text is not normalised.
   */
  readonly rows: readonly JsonObject[];
}

/** Names of headers in lower case. */
export type BodyHeaders = Readonly<Record<string, string>>;

/**
 * Compiles a format once for many bodies.
 * @returns a function that reads one body and rejects with PlatformError: SYNC_PROTOCOL when the body is cut off, of another kind or without records
 *   where they should be (an empty array is no rows); SYNC_BOUND when it is larger, longer or deeper than the format allows
 * @throws PlatformError SYNC_CONFIG when a path of the format is not one
 */
export function createDecoder(format: FormatSpec): (bytes: Uint8Array, headers: BodyHeaders) => Promise<DecodedBody> {
  const parse = createParser(format);
  return async (bytes, headers) => {
    const { document, readRows } = await parse(bytes, headers);
    return { document, rows: readRows() };
  };
}

/**
 * As {@link createDecoder}, for those who look at the document before its records: a 200 with an error inside has no records, and what it says is
 * better than that they are absent.
 */
export function createParser(format: FormatSpec): (bytes: Uint8Array, headers: BodyHeaders) => Promise<ParsedBody> {
  const read = createReader(format);
  return async (bytes, headers) => {
    requireWhole(bytes, headers);
    requireBytes(bytes.length, format);
    if (bytes.length === 0) throw syncFailure('SYNC_PROTOCOL', `Expected ${format.type}, received an empty body.`);
    return read(await decompress(bytes, format, format));
  };
}

function createReader(format: FormatSpec): BodyReader<Uint8Array> {
  if (format.type === 'xlsx') return createXlsxReader(format);
  const read = createTextReader(format);
  return async (bytes) => read(decodeText(bytes, format.charset));
}

function createTextReader(format: Exclude<FormatSpec, { readonly type: 'xlsx' }>): BodyReader<string> {
  switch (format.type) {
    case 'json':
      return createJsonReader(format);
    case 'ndjson':
      return createNdjsonReader(format);
    case 'csv':
      return createCsvReader(format);
    case 'xml':
      return createXmlReader(format);
    case 'json-stat':
      return createJsonStatReader(format);
    case 'sdmx-csv':
      return createSdmxCsvReader(format);
  }
}

/** Compares with Content-Length, unless the HTTP client may have decoded the body already. */
function requireWhole(bytes: Uint8Array, headers: BodyHeaders): void {
  const declared = headers['content-length'];
  const encoding = headers['content-encoding'] ?? 'identity';
  if (declared === undefined || !/^\d{1,15}$/.test(declared) || encoding !== 'identity') return;
  if (bytes.length >= Number(declared)) return;
  throw syncFailure(
    'SYNC_PROTOCOL',
    `Expected ${declared} bytes, as the header says, received ${bytes.length}: the body is cut off.`,
  );
}
