import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse as parseYaml } from 'yaml';
import { DATA_FOLDER } from '../config.js';
import type { Connector, SourceSettings } from '../domain/connector.js';
import { PlatformError } from '../domain/errors.js';
import { readReferenceFiles } from '../pipeline/readReferenceFiles.js';
import { parseManifest } from '../source/manifest/parseManifest.js';
import type { ManifestLookups } from '../source/manifest/readStream.js';
import { buildAliasIndex } from '../source/map/entityName.js';
import type { RecordLookup } from '../source/resolve.js';
import { type Subject, subjectOfCode, subjectOfManifest } from '../source/suite/subject.js';

/** Entities and indicators of the reference files, with ids made up for the occasion. */
export interface ReferenceLookups {
  readonly lookup: RecordLookup;
  readonly lookups: ManifestLookups;
}

/** A connector that was found, before anybody knows where its source is. */
export interface FoundConnector {
  readonly key: string;
  /** Folder of its manifest or code. */
  readonly folder: string;
  /** Names of the secrets that it needs. */
  readonly secrets: readonly string[];
  createSubject(settings: SourceSettings, reference: ReferenceLookups): Subject;
}

/** Reads the reference files, without a database. */
export async function readLookups(): Promise<ReferenceLookups> {
  const { content } = await readReferenceFiles(DATA_FOLDER, new Date().getFullYear());
  const ids = new Map<string, number>();
  for (const { key } of content.entities) ids.set(key, ids.size + 1);
  for (const { code: framework, measures } of content.frameworks)
    for (const { code } of measures) ids.set(`${framework} ${code}`, ids.size + 1);
  const systems = Map.groupBy(content.entities, ({ codeSystem }) => codeSystem);
  const indexes = new Map(
    [...systems].map(([codeSystem, entities]) => [
      codeSystem,
      buildAliasIndex(entities.map(({ code, name, kind }) => ({ code, kind, names: [name.vi, name.en] }))),
    ]),
  );
  return {
    lookup: {
      entityId: (codeSystem, code) => ids.get(`${codeSystem}:${code}`) ?? null,
      indicatorId: (framework, code) => ids.get(`${framework} ${code}`) ?? null,
    },
    lookups: {
      entityByName: (codeSystem, name) => indexes.get(codeSystem)?.codeOf(name) ?? null,
      entityCodes: (codeSystem) => (systems.get(codeSystem) ?? []).map(({ code }) => code),
    },
  };
}

/**
 * Finds the connector at a path: a manifest, a folder with `manifest.yaml`, or a folder of code with `index.ts`.
 * @throws PlatformError NOT_FOUND; BAD_USER_INPUT with every problem of the manifest, or when the code exports no connector
 */
export async function findConnector(target: string): Promise<FoundConnector> {
  const path = resolve(target);
  if (!existsSync(path))
    throw new PlatformError('NOT_FOUND', `There is no ${target}. Give a manifest, or the folder of a connector.`);
  if (!(await stat(path)).isDirectory()) return readManifest(path, target);
  for (const name of ['manifest.yaml', 'manifest.yml', 'manifest.json']) {
    if (existsSync(join(path, name))) return readManifest(join(path, name), join(target, name));
  }
  if (existsSync(join(path, 'index.ts')) || existsSync(join(path, 'index.js'))) return readCode(path, target);
  throw new PlatformError(
    'NOT_FOUND',
    `${target} has neither manifest.yaml nor index.ts. Make a connector with: npm run connector:new -- <name>`,
  );
}

async function readManifest(path: string, target: string): Promise<FoundConnector> {
  const text = await readFile(path, 'utf8');
  const { manifest, problems } = parseManifest(text);
  if (manifest === null) {
    const lines = problems.map(
      ({ line, column, path: at, message }) => `  ${target}:${line}:${column} ${at === '' ? '' : `${at}: `}${message}`,
    );
    throw new PlatformError('BAD_USER_INPUT', `The manifest has ${problems.length} problem(s):\n${lines.join('\n')}`);
  }
  return {
    key: manifest.key,
    folder: dirname(path),
    secrets: [...new Set(manifest.secrets)],
    createSubject: (settings, reference) => subjectOfManifest(manifest, parseYaml(text), { settings, ...reference }),
  };
}

async function readCode(folder: string, target: string): Promise<FoundConnector> {
  // Code of this repository runs compiled; elsewhere Node reads the types away.
  const compiled = resolve(import.meta.dirname, '../../connectors', basename(folder), 'index.js');
  const own = ['index.js', 'index.ts'].map((name) => join(folder, name)).find(existsSync) ?? compiled;
  const file = existsSync(compiled) && resolve(folder, '..') === resolve('connectors') ? compiled : own;
  const exported: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href);
  const connector = Object.values(exported).find(isConnector);
  if (connector === undefined) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `${target}/index.ts exports no connector. Export what defineConnector returns.`,
    );
  }
  const create = Object.entries(exported).find(
    ([name, value]) => name.startsWith('create') && typeof value === 'function',
  )?.[1];
  const make =
    typeof create === 'function' ? (pageSize?: number): Connector => create(pageSize) : (): Connector => connector;
  return {
    key: connector.spec.key,
    folder,
    secrets: connector.spec.secrets,
    createSubject: (settings, { lookup }) =>
      subjectOfCode(make, { settings, lookup, hasPageSize: create !== undefined }),
  };
}

function isConnector(value: unknown): value is Connector {
  return typeof value === 'object' && value !== null && 'spec' in value && 'streams' in value && 'check' in value;
}
