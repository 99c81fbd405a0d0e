import type { Connector, SourceSettings } from '../../domain/connector.js';
import { isJsonObject } from '../json.js';
import { compileManifest } from '../manifest/compileManifest.js';
import { parseManifest } from '../manifest/parseManifest.js';
import type { ManifestLookups } from '../manifest/readStream.js';
import type { Manifest } from '../manifest/schema.js';
import type { MappingSpec } from '../map/mapping.js';
import type { RecordLookup } from '../resolve.js';
import type { RowChange } from './rowChange.js';

/** A way to make the connector under test other than it is. */
export interface Variation {
  /** Rows of a page; null = as the connector says. */
  readonly pageSize?: number | null;
  /** Changes what the source says, between decoding and mapping. */
  readonly rows?: RowChange;
}

/** Fields of a stream's rows by what the mapping takes from them. */
export interface MappedFields {
  readonly stream: string;
  readonly entity: readonly string[];
  readonly period: readonly string[];
  /** Values, numerators and denominators. */
  readonly figures: readonly string[];
}

/** What is tested: a connector, and the means to vary it. */
export interface Subject {
  readonly key: string;
  readonly kind: 'manifest' | 'code';
  readonly settings: SourceSettings;
  readonly lookup: RecordLookup;
  /**
   * Makes the connector.
   * @returns a connector of code ignores `rows`: its rows are changed on the wire
   */
  create(variation: Variation): Connector;
  /** True when {@link Variation.pageSize} has an effect. */
  readonly hasPageSize: boolean;
  /** Known of manifests only. */
  readonly fields: readonly MappedFields[];
  /** The manifest as data, and what checks its text; null for code. */
  readonly manifest: { readonly data: unknown; readonly parse: typeof parseManifest } | null;
}

/** Makes the subject of a manifest that has no problems. */
export function subjectOfManifest(
  manifest: Manifest,
  data: unknown,
  options: Pick<Subject, 'settings' | 'lookup'> & { readonly lookups: ManifestLookups },
): Subject {
  const { lookups, settings, lookup } = options;
  return {
    key: manifest.key,
    kind: 'manifest',
    settings,
    lookup,
    hasPageSize: manifest.streams.some(({ pagination }) => pagination.type !== 'none' && pagination.size !== undefined),
    fields: manifest.streams.map(({ name, mapping }) => ({ stream: name, ...mappedFields(mapping) })),
    manifest: { data, parse: parseManifest },
    create({ pageSize = null, rows }) {
      const sized = pageSize === null ? manifest : withPageSize(manifest, pageSize);
      if (rows === undefined) return compileManifest(sized, lookups);
      let page = 0;
      return compileManifest(sized, lookups, (each, stream) => {
        page += 1;
        return rows(each, page, stream);
      });
    },
  };
}

/**
 * Makes the subject of a connector in code.
 * @param create makes it with pages of another size; without the parameter its own
 * @param hasPageSize true when the size has an effect
 */
export function subjectOfCode(
  create: (pageSize?: number) => Connector,
  options: Pick<Subject, 'settings' | 'lookup'> & { readonly hasPageSize: boolean },
): Subject {
  const { settings, lookup, hasPageSize } = options;
  return {
    key: create().spec.key,
    kind: 'code',
    settings,
    lookup,
    hasPageSize,
    fields: [],
    manifest: null,
    create: ({ pageSize }) => create(pageSize ?? undefined),
  };
}

function withPageSize(manifest: Manifest, size: number): Manifest {
  const streams = manifest.streams.map((stream) =>
    stream.pagination.type === 'none' || stream.pagination.size === undefined
      ? stream
      : { ...stream, pagination: { ...stream.pagination, size: Math.min(size, stream.pagination.size) } },
  );
  return { ...manifest, streams };
}

/** Fields that are read from the row as they are; what an expression or another variable gives is not known by name. */
function mappedFields({ entity, period, figures }: MappingSpec): Omit<MappedFields, 'stream'> {
  const fieldOf = (source: unknown): readonly string[] =>
    isJsonObject(source) && typeof source.field === 'string' && (source.of === undefined || source.of === 'row')
      ? [source.field]
      : [];
  const parts = figures.flatMap(({ value, numerator, denominator }) =>
    [value, numerator, denominator].flatMap(fieldOf),
  );
  return { entity: fieldOf(entity), period: fieldOf(period), figures: [...new Set(parts)] };
}
