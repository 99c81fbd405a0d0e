import type { RowRecord } from '../../domain/connector.js';
import { isJsonObject, type JsonObject } from '../json.js';
import type { EntityByName } from '../map/entity.js';
import { createMapper } from '../map/mapRow.js';
import type { StreamSpec } from './streamSchema.js';

/** What is kept of a document beside its rows; a mapping that reads more than that of it cannot be replayed. */
const MAX_CONTEXT_CHARS = 8_000;
const MAX_LIST = 20;
const MAX_DEPTH = 5;

/** What the mapping may refer to beside the row. */
interface Variables {
  readonly page: unknown;
  readonly partition: unknown;
}

/**
 * Makes the function that says what mapping a row of a page again needs beside it: the partition, and of the document what is no long list, if the mapping
 * refers to it at all.
 */
export function createContextWriter({ mapping }: StreamSpec): (variables: Variables) => unknown {
  const text = JSON.stringify(mapping);
  const [readsPage, readsPartition] = [/\bpage\b/.test(text), /\bpartition\b/.test(text)];
  if (!readsPage && !readsPartition) return () => null;
  return ({ page, partition }) => {
    const kept = readsPage ? prune(page, 0) : null;
    const isSmall = (JSON.stringify(kept) ?? '').length <= MAX_CONTEXT_CHARS;
    return { page: isSmall ? (kept ?? null) : null, partition: readsPartition ? partition : null };
  };
}

function prune(data: unknown, depth: number): unknown {
  if (typeof data !== 'object' || data === null) return data;
  if (depth >= MAX_DEPTH) return null;
  if (Array.isArray(data)) return data.length > MAX_LIST ? null : data.map((each) => prune(each, depth + 1));
  return Object.fromEntries(Object.entries(data).map(([name, member]) => [name, prune(member, depth + 1)]));
}

/** Makes the function that maps a row from quarantine again; the variables are those that {@link createContextWriter} kept. */
export function createReplayer(
  { mapping }: StreamSpec,
  entityByName: EntityByName,
): (raw: unknown, mapContext: unknown) => readonly RowRecord[] {
  const variables: { page: unknown; partition: unknown } = { page: null, partition: null };
  const mapRow = createMapper(mapping, { entityByName, variables });
  return (raw, mapContext) => {
    const kept: JsonObject = isJsonObject(mapContext) ? mapContext : {};
    variables.page = kept.page ?? null;
    variables.partition = kept.partition ?? null;
    if (isJsonObject(raw)) return mapRow(raw);
    return [{ kind: 'rejected', rule: 'malformed', message: 'the row in quarantine is no object' }];
  };
}
