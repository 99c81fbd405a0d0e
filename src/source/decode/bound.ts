import type { PlatformError } from '../../domain/errors.js';
import { syncFailure } from '../failure.js';
import type { JsonObject } from '../json.js';

/** Bounds of one decoded body. */
export interface DecodeBounds {
  /** After decompression. */
  readonly maxDecodedBytes: number;
  readonly maxRows: number;
}

/** Bounds of a document that nests. */
export interface NestingBounds extends DecodeBounds {
  readonly maxDepth: number;
}

/**
 * Formats that name things once and use them in every row (JSON-stat labels, shared strings, parents of exploded arrays) grow when they become rows.
 * Real ones grow by less than this; a body made for harm could grow by the square of its size.
 */
const MAX_GROWTH = 10;

/** @throws PlatformError SYNC_BOUND when there are more bytes than allowed */
export function requireBytes(bytes: number, bounds: DecodeBounds): void {
  if (bytes <= bounds.maxDecodedBytes) return;
  throw syncFailure(
    'SYNC_BOUND',
    `The decoded body is larger than ${bounds.maxDecodedBytes} bytes. Ask for smaller pages, or raise maxDecodedBytes of the format.`,
    { maxDecodedBytes: bounds.maxDecodedBytes },
  );
}

/** @throws PlatformError SYNC_BOUND when there are more rows than allowed */
export function requireRows(rows: number, bounds: DecodeBounds): void {
  if (rows <= bounds.maxRows) return;
  throw syncFailure(
    'SYNC_BOUND',
    `One body has more than ${bounds.maxRows} rows. Ask for smaller pages, or raise maxRows of the format.`,
    { maxRows: bounds.maxRows },
  );
}

/** The failure of a document that nests too deep. */
export function depthFailure(bounds: NestingBounds): PlatformError {
  return syncFailure('SYNC_BOUND', `The document nests deeper than ${bounds.maxDepth} levels.`, {
    maxDepth: bounds.maxDepth,
  });
}

/** Collects rows within the bounds on their number and on their text. */
export class RowCollector {
  readonly #rows: JsonObject[] = [];
  readonly #bounds: DecodeBounds;
  #chars = 0;

  constructor(bounds: DecodeBounds) {
    this.#bounds = bounds;
  }

  /**
   * Adds a row.
   * @param sharedChars characters that the row shares with others and that are not among its own texts, such as those of a parent
   * @throws PlatformError SYNC_BOUND
   */
  add(row: JsonObject, sharedChars = 0): void {
    requireRows(this.#rows.length + 1, this.#bounds);
    this.#chars += sharedChars;
    for (const value of Object.values(row)) if (typeof value === 'string') this.#chars += value.length;
    if (this.#chars > this.#bounds.maxDecodedBytes * MAX_GROWTH) {
      throw syncFailure(
        'SYNC_BOUND',
        `The rows of one body have more than ${MAX_GROWTH} times maxDecodedBytes (${this.#bounds.maxDecodedBytes}) characters: texts are repeated in many rows.`,
      );
    }
    this.#rows.push(row);
  }

  get rows(): readonly JsonObject[] {
    return this.#rows;
  }
}
