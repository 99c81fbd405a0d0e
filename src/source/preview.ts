import type { Connector } from '../domain/connector.js';
import type { PlatformError } from '../domain/errors.js';
import { toSyncFailure } from './failure.js';
import type { ReadPage } from './readPage.js';
import { type ReadSourceOptions, readSource } from './readSource.js';

/** Characters of a raw body that a preview shows. */
export const PREVIEW_BODY_CHARS = 65_536;

/** One page of a preview: what a sync would have read. */
export interface PreviewPage extends ReadPage {
  /** True when only the first {@link PREVIEW_BODY_CHARS} of the body are shown; the hash is of the whole. */
  readonly bodyCut: boolean;
}

/** What a preview found: the pages up to the end, the limit, or a failure. */
export interface SourcePreview {
  readonly pages: readonly PreviewPage[];
  readonly failure: PlatformError | null;
}

/**
 * Reads a few pages as a sync would, and writes nothing. A failure is part of what it shows, after the pages before it. Between figures that contradict each
 * other it decides by the policy `identical` only; with another one, which needs the whole run, it shows all of them.
 */
export async function previewSource(
  connector: Connector,
  options: ReadSourceOptions & { readonly maxPages: number },
): Promise<SourcePreview> {
  const pages: PreviewPage[] = [];
  const checksUnique = connector.streams.every(({ rules }) => (rules?.unique ?? 'identical') === 'identical');
  try {
    for await (const page of readSource(connector, { ...options, checksUnique })) {
      const body = page.body.slice(0, PREVIEW_BODY_CHARS);
      pages.push({ ...page, body, bodyCut: body.length < page.body.length });
    }
    return { pages, failure: null };
  } catch (error) {
    // readSource has hidden the secrets already.
    return { pages, failure: toSyncFailure(error, (text) => text) };
  }
}
