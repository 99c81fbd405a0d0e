import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mayIntrospect } from '../access/permission.js';
import type { Viewer } from '../access/viewer.js';
import { describeError, PlatformError } from '../domain/errors.js';
import { isRecord } from './record.js';

/** What a request says of the document that it means. */
export interface DocumentRequest {
  readonly query?: unknown;
  /** GraphQL over HTTP: the id of a trusted document, perhaps with `sha256:` before it. */
  readonly documentId?: unknown;
  /** Apollo's shape: `{ persistedQuery: { version: 1, sha256Hash } }`. */
  readonly extensions?: unknown;
}

/**
 * The documents that clients may name by an id instead of sending them, as build tools list them: graphql-codegen's client preset and Relay print
 * `{ "<id>": "<document>" }`.
 */
export class TrustedDocuments {
  readonly #byId: ReadonlyMap<string, string>;
  readonly #texts: ReadonlySet<string>;

  /**
   * @param documents by id
   * @param only other documents are refused, except those of who may ask for the schema: integrators and admins
   */
  constructor(
    documents: ReadonlyMap<string, string>,
    readonly only: boolean,
  ) {
    this.#byId = documents;
    this.#texts = new Set(documents.values());
  }

  /**
   * The document of a request.
   * @returns null when it says none
   * @throws PlatformError PERSISTED_QUERY_NOT_FOUND when the id is not on the list (clients that follow Apollo then send the document);
   *   DOCUMENT_NOT_TRUSTED when a document was sent that is not on the list, and only those are answered; BAD_REQUEST for an id that is not one
   */
  resolve(request: DocumentRequest, viewer: Viewer): string | null {
    const id = idOf(request);
    const query = typeof request.query === 'string' && request.query !== '' ? request.query : null;
    if (query === null && id === null) return null;
    const found = id === null ? undefined : this.#byId.get(id);
    if (query === null) {
      if (found !== undefined) return found;
      throw new PlatformError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound', {
        details: { id: id?.slice(0, 80) },
      });
    }
    // The text is what counts: an id beside it is a hint for other servers, and must not be believed.
    if (!this.only || this.#texts.has(query) || mayIntrospect(viewer)) return query;
    const message = 'Only documents of the list of trusted documents are answered here; this one is not on it.';
    throw new PlatformError('DOCUMENT_NOT_TRUSTED', message);
  }
}

/** Nothing is listed, and everything may be asked. */
export const NO_TRUSTED_DOCUMENTS = new TrustedDocuments(new Map(), false);

function idOf({ documentId, extensions }: DocumentRequest): string | null {
  if (documentId !== undefined && documentId !== null) {
    if (typeof documentId === 'string') return documentId.replace(/^sha256:/, '');
    throw new PlatformError('BAD_REQUEST', '"documentId" must be a text.');
  }
  const persisted = isRecord(extensions) ? extensions.persistedQuery : undefined;
  if (persisted === undefined || persisted === null) return null;
  if (isRecord(persisted) && typeof persisted.sha256Hash === 'string') return persisted.sha256Hash;
  throw new PlatformError('BAD_REQUEST', '"extensions.persistedQuery" must be { "version": 1, "sha256Hash": "…" }.');
}

/**
 * Reads trusted documents: JSON files that map ids to documents, or folders of such files and of `.graphql` files, whose id is their SHA-256.
 * @param paths later ones add to earlier ones
 * @throws PlatformError CONFIG_INVALID when one cannot be read, or an id of 64 hexadecimal digits is not the SHA-256 of its document
 */
export async function readTrustedDocuments(paths: readonly string[], only: boolean): Promise<TrustedDocuments> {
  const documents = new Map<string, string>();
  for (const path of paths) {
    try {
      const isFolder = (await stat(path)).isDirectory();
      const files = isFolder ? (await readdir(path)).filter((name) => /\.(json|graphql)$/.test(name)).sort() : [''];
      for (const name of files) {
        const text = await readFile(isFolder ? join(path, name) : path, 'utf8');
        if (name.endsWith('.graphql')) documents.set(hashOf(text), text);
        else for (const [id, document] of readList(text)) documents.set(id, document);
      }
    } catch (error) {
      const message = `TRUSTED_DOCUMENTS cannot be read: ${describeError(error)}. It is a JSON file { "<id>": "<document>" }, or a folder of such files and of .graphql files.`;
      throw new PlatformError('CONFIG_INVALID', message, { cause: error });
    }
  }
  return new TrustedDocuments(documents, only);
}

function readList(text: string): readonly (readonly [string, string])[] {
  const list: unknown = JSON.parse(text);
  if (!isRecord(list)) throw new Error('it is no object');
  return Object.entries(list).map(([name, document]) => {
    const id = name.replace(/^sha256:/, '');
    if (typeof document !== 'string') throw new Error(`"${name}" is no text`);
    if (/^[0-9a-f]{64}$/.test(id) && id !== hashOf(document))
      throw new Error(`"${name}" is not the SHA-256 of its document`);
    return [id, document] as const;
  });
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
