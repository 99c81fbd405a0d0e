import type { JsonObject } from '../json.js';

/** A body that was read, before its records are looked for. */
export interface ParsedBody {
  /** The whole body where there is one (json, xml, json-stat), else null. */
  readonly document: unknown;
  /**
   * Looks for the records and makes rows of them.
   * @throws PlatformError SYNC_PROTOCOL when there are none where they should be; SYNC_BOUND when there are too many
   */
  readRows(): readonly JsonObject[];
}

/** Reads the text or the bytes of a body in one format. */
export type BodyReader<Body extends string | Uint8Array> = (body: Body) => Promise<ParsedBody>;
