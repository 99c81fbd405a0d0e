import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { Connector } from '../../src/domain/connector.js';
import { compileManifest } from '../../src/source/manifest/compileManifest.js';
import { parseManifest } from '../../src/source/manifest/parseManifest.js';
import type { ManifestLookups } from '../../src/source/manifest/readStream.js';
import { buildAliasIndex, type NamedEntity } from '../../src/source/map/entityName.js';

const FILES: Readonly<Record<string, string>> = {
  'GSO-2004': 'provinces-63',
  'GSO-2025': 'provinces-34',
  CENTRAL: 'ministries',
};

function readEntities(codeSystem: string): NamedEntity[] {
  const text = readFileSync(`data/entities/${FILES[codeSystem]}.csv`, 'utf8');
  const records = parse<Record<string, string>>(text, { columns: true, bom: true });
  return records.map(({ code = '', name_vi: vi = '', type, kind }) => ({
    code,
    names: [vi],
    kind: type ?? kind ?? '',
  }));
}

const entities = Object.fromEntries(Object.keys(FILES).map((codeSystem) => [codeSystem, readEntities(codeSystem)]));
const indexes = Object.fromEntries(
  Object.entries(entities).map(([codeSystem, named]) => [codeSystem, buildAliasIndex(named)]),
);

/** Entities of the reference files, by name and by code. */
export const LOOKUPS: ManifestLookups = {
  entityByName: (codeSystem, name) => indexes[codeSystem]?.codeOf(name) ?? null,
  entityCodes: (codeSystem) => (entities[codeSystem] ?? []).map(({ code }) => code),
};

/**
 * The shipped manifest of a source, checked and compiled.
 * @param pageSize rows of a page; absent = as the manifest says
 */
export function readManifest(key: string, pageSize?: number): Connector {
  return compileText(readFileSync(`connectors/${key}/manifest.yaml`, 'utf8'), pageSize);
}

/** Checks and compiles a manifest; see {@link readManifest}. */
export function compileText(text: string, pageSize?: number): Connector {
  const { manifest, problems } = parseManifest(text);
  if (manifest === null)
    throw new Error(problems.map(({ line, path, message }) => `${line} ${path}: ${message}`).join('\n'));
  const streams = manifest.streams.map((stream) => {
    const { pagination } = stream;
    return pageSize === undefined || pagination.type === 'none'
      ? stream
      : { ...stream, pagination: { ...pagination, size: pageSize } };
  });
  return compileManifest({ ...manifest, streams }, LOOKUPS);
}
