import { GraphQLInt } from 'graphql';
import { Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql';
import type { ListedSource } from '../store/listSources.js';
import type { ListedSettings, ListedVersion } from '../store/listSourceVersions.js';
import type { View } from './context.js';
import { Cost, ListSize } from './cost.js';
import { DateTimeScalar } from './dateTime.js';
import { SourceType } from './source.js';
import { Volatile } from './volatile.js';
import { type SourceVersionStatus, SourceVersionStatusWord } from './words.js';

@Volatile()
@ObjectType('SourceVersion', {
  description: 'One version of the manifest or code of a source. It never changes; only its check does.',
  simpleResolvers: true,
})
class SourceVersionType {
  @Field(() => GraphQLInt, { description: 'Its number; runs name it.' })
  readonly version: number;

  @Field(() => SourceVersionStatusWord, { description: 'Where it stands.' })
  readonly status: SourceVersionStatus;

  @Field(() => String, { description: 'SHA-256 of the manifest, hexadecimal.' })
  readonly sha256: string;

  @Field(() => DateTimeScalar, { description: 'When it was registered.' })
  readonly createdAt: Date;

  @Field(() => String, {
    nullable: true,
    description: 'Subject of who registered it, `file:…` for a file of a folder; null = the platform itself.',
  })
  readonly createdBy: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was last checked; null = not yet.' })
  readonly checkedAt: Date | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether it passed its last check; null = no check yet.' })
  readonly checkOk: boolean | null;

  @Field(() => String, { nullable: true, description: 'What its last check found; null = no check yet.' })
  readonly checkMessage: string | null;

  constructor(
    readonly row: ListedVersion,
    source: ListedSource,
    readonly view: View,
  ) {
    this.version = row.version;
    this.status = statusOf(row, source);
    this.sha256 = row.sha256;
    this.createdAt = row.createdAt;
    this.createdBy = row.createdBy;
    this.checkedAt = row.checkedAt;
    this.checkOk = row.checkOk;
    this.checkMessage = row.checkMessage;
  }

  @Cost(20)
  @Field(() => String, {
    nullable: true,
    description: 'The manifest as it was registered; null = the source is read by code.',
  })
  async manifest(): Promise<string | null> {
    return (await this.view.loaders.manifest.load(this.row.id))?.manifest ?? null;
  }
}

function statusOf(row: ListedVersion, { version, status }: ListedSource): SourceVersionStatus {
  if (row.version === version && (status === 'ACTIVE' || status === 'PAUSED')) return 'IN_USE';
  return row.checkOk === true || !row.isManifest ? 'CHECKED' : 'DRAFT';
}

@ObjectType('SourceSecret', { description: 'A secret of a source; its value never comes out.', simpleResolvers: true })
class SourceSecretType {
  @Field(() => String, { description: 'Its name, as the manifest says.' })
  readonly name: string;

  @Field(() => DateTimeScalar, { description: 'When it was last set.' })
  readonly updatedAt: Date;

  constructor({ name, updatedAt }: { readonly name: string; readonly updatedAt: Date }) {
    this.name = name;
    this.updatedAt = updatedAt;
  }
}

@Volatile()
@ObjectType('SourceSettings', {
  description: 'What stands beside the versions of a source, and stays when another version comes into use.',
  simpleResolvers: true,
})
class SourceSettingsType {
  @Field(() => String, { nullable: true, description: 'Where the source is; null = where its manifest says.' })
  readonly baseUrl: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'When it is read, five fields of cron in Vietnam’s time; null = as its manifest says.',
  })
  readonly schedule: string | null;

  @Field(() => [String], { description: 'Names of the secrets that are set.' })
  readonly secretNames: readonly string[];

  @ListSize(5)
  @Field(() => [SourceSecretType], { description: 'The secrets that are set, without their values.' })
  readonly secrets: readonly SourceSecretType[];

  @Field(() => DateTimeScalar, { nullable: true, description: 'When they were last changed; null = never set.' })
  readonly updatedAt: Date | null;

  constructor(settings: ListedSettings | null) {
    this.baseUrl = settings?.baseUrl ?? null;
    this.schedule = settings?.schedule ?? null;
    this.secrets = (settings?.secrets ?? []).map((secret) => new SourceSecretType(secret));
    this.secretNames = this.secrets.map(({ name }) => name);
    this.updatedAt = settings?.updatedAt ?? null;
  }
}

/** Configuration of sources, for integrators. */
@Resolver(() => SourceType)
export class SourceConfigurationResolver {
  @Cost(10)
  @ListSize(5)
  @FieldResolver(() => [SourceVersionType], {
    description: 'Its versions as they are now, the newest first. For integrators.',
  })
  async versions(@Root() { source, view }: SourceType): Promise<SourceVersionType[]> {
    const rows = await view.loaders.versionsOfSource.load(source.id);
    return rows.map((row) => new SourceVersionType(row, source, view));
  }

  @FieldResolver(() => SourceVersionType, {
    nullable: true,
    description:
      'Its newest version while an older one is in use: it waits to be checked and activated; null = none waits. For integrators.',
  })
  async waitingVersion(@Root() { source, view }: SourceType): Promise<SourceVersionType | null> {
    const [newest] = await view.loaders.versionsOfSource.load(source.id);
    const isUsed = source.status === 'ACTIVE' || source.status === 'PAUSED';
    return isUsed && newest !== undefined && newest.version > source.version
      ? new SourceVersionType(newest, source, view)
      : null;
  }

  @Cost(10)
  @FieldResolver(() => SourceSettingsType, { description: 'Its settings as they are now. For integrators.' })
  async settings(@Root() { source, view }: SourceType): Promise<SourceSettingsType> {
    return new SourceSettingsType(await view.loaders.settings.load(source.id));
  }
}
