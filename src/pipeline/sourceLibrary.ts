import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Sealer } from '../access/seal.js';
import type { Catalogue } from '../domain/catalogue.js';
import type { Connector, SourceSettings } from '../domain/connector.js';
import { PlatformError } from '../domain/errors.js';
import type { SourceStatus } from '../domain/source.js';
import { compileManifest } from '../source/manifest/compileManifest.js';
import { parseManifest } from '../source/manifest/parseManifest.js';
import type { ManifestLookups } from '../source/manifest/readStream.js';
import type { Manifest } from '../source/manifest/schema.js';
import type { Database } from '../store/orm.js';
import { type SourceRow, SourceTable } from '../store/tables/source.js';
import { SourceSecretTable, type SourceVersionRow, SourceVersionTable } from '../store/tables/sourceVersion.js';
import { lookupsIn } from './manifestWords.js';
import { findNewestVersion, findVersion } from './source.js';

/** A source that can be read: one version of it, with the settings of the moment. */
export interface OpenedSource {
  readonly sourceId: number;
  readonly connector: Connector;
  /** The base URL is empty unless somebody has set one; then the spec says where the source is. */
  readonly settings: SourceSettings;
  readonly status: SourceStatus;
  /** Cron in Vietnam's time; null = only when somebody asks. */
  readonly schedule: string | null;
}

/** What a library needs. */
export interface SourceLibraryOptions {
  readonly database: Database;
  /** The reference data of the moment. */
  readonly catalogue: () => Catalogue;
  readonly codeConnectors: readonly Connector[];
  readonly sealer: Sealer;
}

/** All sources, ready to be read: connectors in code by their key, manifests compiled and kept by their version. */
export class SourceLibrary {
  readonly #database: Database;
  readonly #codeConnectors: ReadonlyMap<string, Connector>;
  readonly #lookups: ManifestLookups;
  readonly #compiled = new Map<number, Connector>();
  readonly sealer: Sealer;
  readonly catalogue: () => Catalogue;

  constructor({ database, catalogue, codeConnectors, sealer }: SourceLibraryOptions) {
    this.#database = database;
    this.#codeConnectors = new Map(codeConnectors.map((connector) => [connector.spec.key, connector]));
    this.#lookups = lookupsIn(catalogue);
    this.sealer = sealer;
    this.catalogue = catalogue;
  }

  /**
   * Opens the version in use, whatever the status of the source is.
   * @throws PlatformError NOT_FOUND; SOURCE_STATE when nothing reads it, such as self-reports; SECRETS_KEY; SYNC_CONFIG when the platform does not
   *   understand its manifest any more
   */
  async open(key: string): Promise<OpenedSource> {
    const em = this.#database.fork();
    const source = await requireSource(em, key);
    return this.openVersion(em, source, await findVersion(em, source.id, source.version));
  }

  /** Opens a version of a source; null = one that is not kept, so that only code can read it. @throws PlatformError as {@link open} */
  async openVersion(em: SqlEntityManager, source: SourceRow, version: SourceVersionRow | null): Promise<OpenedSource> {
    const connector = this.#connectorOf(source.key, version);
    const secrets = await this.#readSecrets(em, source, originsOf(source, connector));
    return {
      sourceId: source.id,
      connector,
      settings: { baseUrl: source.baseUrl ?? '', secrets },
      status: source.status as SourceStatus,
      schedule: source.schedule ?? connector.spec.schedule ?? null,
    };
  }

  /** Keys of the active sources that can be read, in order: those with a manifest or code. */
  async activeKeys(): Promise<string[]> {
    const em = this.#database.fork();
    const sources = await em.find(SourceTable, { status: 'ACTIVE' }, { orderBy: { key: 'asc' } });
    const versions = await em.find(
      SourceVersionTable,
      { sourceId: { $in: sources.map(({ id }) => id) }, manifest: { $ne: null } },
      { fields: ['sourceId', 'version'] },
    );
    const withManifest = new Set(versions.map(({ sourceId, version }) => `${sourceId}:${version}`));
    const isRead = ({ id, key, version }: SourceRow) =>
      withManifest.has(`${id}:${version}`) || this.#codeConnectors.has(key);
    return sources.filter(isRead).map(({ key }) => key);
  }

  /** When sources are read by their settings, or else by their version in use: cron in Vietnam's time by key, of those that have one and can be read. */
  async schedules(): Promise<ReadonlyMap<string, string>> {
    const em = this.#database.fork();
    const sources = await em.find(SourceTable, {});
    const inUse = sources.map(({ id, version }) => ({ sourceId: id, version }));
    const versions = inUse.length === 0 ? [] : await em.find(SourceVersionTable, { $or: inUse });
    const versionOf = new Map(versions.map((version) => [version.sourceId, version]));
    const scheduleOf = ({ id, key, schedule }: SourceRow): string | null => {
      try {
        return schedule ?? this.#connectorOf(key, versionOf.get(id) ?? null).spec.schedule ?? null;
      } catch (error) {
        // What nothing reads, or a version that is not understood any more, is not read on schedule.
        if (error instanceof PlatformError) return null;
        throw error;
      }
    };
    return new Map(
      sources.flatMap((source) => {
        const schedule = scheduleOf(source);
        return schedule === null ? [] : [[source.key, schedule] as const];
      }),
    );
  }

  /** Makes a connector of a manifest that is not kept. */
  compile(manifest: Manifest): Connector {
    return compileManifest(manifest, this.#lookups);
  }

  /** Scheme, host and port of wherever the secrets of a source go, by its settings and its newest version, between spaces; null = nobody has said. */
  async originsOf(em: SqlEntityManager, source: SourceRow): Promise<string | null> {
    const version = await findNewestVersion(em, source.id);
    const isManifest = typeof version?.manifest === 'string';
    const origins = originsOf(source, isManifest ? this.#connectorOf(source.key, version) : null);
    return origins.length === 0 ? null : origins.join(' ');
  }

  /** Names of the secrets that the newest version of a source declares; null = nothing reads the source. @throws PlatformError SYNC_CONFIG */
  async secretNamesOf(em: SqlEntityManager, source: SourceRow): Promise<readonly string[] | null> {
    const version = await findNewestVersion(em, source.id);
    if (typeof version?.manifest !== 'string' && !this.#codeConnectors.has(source.key)) return null;
    return this.#connectorOf(source.key, version).spec.secrets;
  }

  /**
   * The secrets of a source, open. What was given for one host goes to no other, whatever version or address is in use.
   * @throws PlatformError SECRETS_KEY; SYNC_CONFIG for a secret that was given for another host
   */
  async #readSecrets(
    em: SqlEntityManager,
    source: Pick<SourceRow, 'id' | 'key'>,
    origins: readonly string[],
  ): Promise<Record<string, string>> {
    const rows = await em.find(SourceSecretTable, { sourceId: source.id });
    const goesElsewhere = (given: string) => !origins.every((origin) => given.split(' ').includes(origin));
    const foreign = rows.filter(({ origin }) => origin != null && goesElsewhere(origin)).map(({ name }) => name);
    if (foreign.length > 0) {
      throw new PlatformError(
        'SYNC_CONFIG',
        `The secrets ${foreign.join(', ')} of the source "${source.key}" were given for another host than the one in use. Give them again.`,
        { failureType: 'config_error' },
      );
    }
    return Object.fromEntries(
      rows.map(({ name, sealed }) => [name, this.sealer.unseal(sealed, placeOf(source.key, name))]),
    );
  }

  #connectorOf(key: string, version: SourceVersionRow | null): Connector {
    const text = version?.manifest ?? null;
    if (version === null || text === null) {
      const connector = this.#codeConnectors.get(key);
      if (connector !== undefined) return connector;
      throw new PlatformError('SOURCE_STATE', `The source "${key}" has no manifest and no code that reads it.`);
    }
    const known = this.#compiled.get(version.id);
    if (known !== undefined) return known;
    const { manifest, problems } = parseManifest(text);
    if (manifest === null) {
      const [first] = problems;
      throw new PlatformError(
        'SYNC_CONFIG',
        `Version ${version.version} of the source "${key}" is not understood any more: ${first?.path}: ${first?.message} Register a new version.`,
        { failureType: 'config_error' },
      );
    }
    const connector = this.compile(manifest);
    this.#compiled.set(version.id, connector);
    return connector;
  }
}

/** Where the secrets of a source go: to its own address, and to where it gets its tokens. */
function originsOf({ baseUrl }: SourceRow, connector: Connector | null): string[] {
  const { spec } = connector ?? {};
  return [baseUrl ?? spec?.baseUrl, spec?.tokenUrl].flatMap((url) => (url ? [new URL(url).origin] : []));
}

/** Where a secret belongs, for the sealer. */
export function placeOf(sourceKey: string, name: string): string {
  return `${sourceKey}/${name}`;
}

/** A source by its key. @throws PlatformError NOT_FOUND */
export async function requireSource(em: SqlEntityManager, key: string): Promise<SourceRow> {
  const source = await em.findOne(SourceTable, { key });
  if (source !== null) return source;
  throw new PlatformError('NOT_FOUND', `There is no source "${key}".`);
}
