import { GraphQLInt } from 'graphql';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { PlatformError } from '../domain/errors.js';
import type { RunMode } from '../domain/syncRun.js';
import type { Actor } from '../pipeline/changeSource.js';
import { once } from '../pipeline/once.js';
import { PREVIEW_PAGES, previewSource } from '../pipeline/previewSource.js';
import { registerManifest } from '../pipeline/registerManifest.js';
import { replayRejected } from '../pipeline/replay.js';
import type { RunSource } from '../pipeline/runSource.js';
import {
  activateSource,
  checkSource,
  pauseSource,
  requireActive,
  retireSource,
  type VersionCheck,
} from '../pipeline/sourceLife.js';
import { setSourceSettings } from '../pipeline/sourceSettings.js';
import type { SourceStage } from '../pipeline/sourceStage.js';
import { type GraphContext, stageOf, type View, viewAfter } from './context.js';
import { ListSize } from './cost.js';
import { ManifestProblemType, type ProblemText } from './manifestProblem.js';
import { requirePeriod } from './period.js';
import { findSource, SourceType } from './source.js';
import { IDEMPOTENCY_KEY, PreviewSourceInput, RegisterSourceInput, SourceSettingsInput } from './sourceInput.js';
import { SourcePreviewType } from './sourcePreview.js';
import { SyncRunType } from './syncRun.js';
import { SyncModeWord } from './words.js';

@ObjectType({ description: 'A source after a write.', simpleResolvers: true })
class SourcePayload {
  @Field(() => SourceType, { description: 'The source as it is now.' })
  readonly source: SourceType;

  constructor(source: SourceType) {
    this.source = source;
  }
}

@ObjectType({ description: 'What came of a registration.', simpleResolvers: true })
class RegisterSourcePayload {
  @Field(() => SourceType, {
    nullable: true,
    description: 'The source; null = there are problems, nothing was written.',
  })
  readonly source: SourceType | null;

  @ListSize(10)
  @Field(() => [ManifestProblemType], { description: 'What is wrong with the manifest, in the order of the text.' })
  readonly problems: readonly ManifestProblemType[];

  constructor(source: SourceType | null, problems: readonly ProblemText[]) {
    this.source = source;
    this.problems = problems.map((problem) => new ManifestProblemType(problem));
  }
}

@ObjectType({ description: 'What a check found.', simpleResolvers: true })
class CheckSourcePayload extends SourcePayload {
  @Field(() => GraphQLInt, { description: 'The version that was tried.' })
  readonly version: number;

  @Field(() => Boolean, { description: 'Whether the source answered as its manifest says.' })
  readonly ok: boolean;

  @Field(() => String, { description: 'What answered, or what is wrong and what to do.' })
  readonly message: string;

  constructor(source: SourceType, { version, ok, message }: VersionCheck) {
    super(source);
    this.version = version;
    this.ok = ok;
    this.message = message;
  }
}

@ObjectType({ description: 'A run that somebody asked for.', simpleResolvers: true })
class SyncSourcePayload {
  @Field(() => SyncRunType, { nullable: true, description: 'The run as it stands; null = it waits for its turn.' })
  readonly run: SyncRunType | null;

  @Field(() => String, {
    description:
      'The newest revision when the answer was made. Every gateway has it, or waits for it, when it is asked for: `at: { asOf: { revision } }`.',
  })
  readonly revision: string;

  constructor(run: SyncRunType | null, { revision }: View) {
    this.run = run;
    this.revision = String(revision);
  }
}

const KEY = { description: 'Key of the source: `einvoice`.' };

/** Writes to sources, for integrators. */
@Resolver()
export class SourceMutationResolver {
  @Mutation(() => RegisterSourcePayload, {
    description:
      'Registers a manifest as a new version of its source. The same text again changes nothing; a source in use goes on with its version until the new one is activated.',
  })
  async registerSource(
    @Arg('input', () => RegisterSourceInput, { description: 'The manifest and settings.' }) input: RegisterSourceInput,
    @Ctx() context: GraphContext,
  ): Promise<RegisterSourcePayload> {
    const { manifest: text, secrets, baseUrl, idempotencyKey } = input;
    const { key, problems } = await write(context, 'registerSource', input, idempotencyKey, async (stage, actor) => {
      const settings = { ...(secrets ? { secrets } : {}), ...(baseUrl ? { baseUrl } : {}) };
      return registerManifest(stage, actor, { text, ...settings });
    });
    return new RegisterSourcePayload(key === null ? null : await sourceAfter(context, key), problems);
  }

  @Mutation(() => CheckSourcePayload, {
    description:
      'Tries a version of a source with its settings, and keeps what came of it; a draft whose newest version passes becomes CHECKED.',
  })
  async checkSource(
    @Arg('key', () => String, KEY) key: string,
    @Arg('version', () => GraphQLInt, {
      nullable: true,
      description: 'An older version, to go back to it; absent = the newest.',
    })
    version: number | null,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) idempotencyKey: string | null,
    @Ctx() context: GraphContext,
  ): Promise<CheckSourcePayload> {
    const number = version ?? null;
    const input = { key, ...(number === null ? {} : { version: number }) };
    const found = await write(context, 'checkSource', input, idempotencyKey, (stage, actor) =>
      checkSource(stage, actor, key, number),
    );
    return new CheckSourcePayload(await sourceAfter(context, key), found);
  }

  @Mutation(() => SourcePreviewType, {
    description:
      'Reads a few pages of a source, registered or not, as a sync would, and writes nothing. Give `key`, or a manifest in `input`.',
  })
  async previewSource(
    @Arg('input', () => PreviewSourceInput, { nullable: true, description: 'What to preview.' })
    input: PreviewSourceInput | null,
    @Arg('key', () => String, { nullable: true, description: 'Key of a source, in place of input.key.' })
    key: string | null,
    @Arg('idempotencyKey', () => String, { nullable: true, description: 'Has no effect: a preview writes nothing.' })
    _idempotencyKey: string | null,
    @Ctx() context: GraphContext,
  ): Promise<SourcePreviewType> {
    const { baseUrl, secrets } = input ?? {};
    const preview = await previewSource(stageOf(context), {
      ...{ manifest: input?.manifest ?? null, key: key ?? input?.key ?? null, version: input?.version ?? null },
      ...{ ...(baseUrl ? { baseUrl } : {}), ...(secrets ? { secrets } : {}) },
      maxPages: input?.maxPages ?? PREVIEW_PAGES,
    });
    return new SourcePreviewType(preview, context.catalogue);
  }

  @Mutation(() => SourcePayload, {
    description: 'Changes the address, the secrets or the schedule of a source. Secrets never come out again.',
  })
  async setSourceSettings(
    @Arg('key', () => String, KEY) key: string,
    @Arg('settings', () => SourceSettingsInput, { description: 'What to change.' }) settings: SourceSettingsInput,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) idempotencyKey: string | null,
    @Ctx() context: GraphContext,
  ): Promise<SourcePayload> {
    const { baseUrl, schedule, secrets } = settings;
    const changes = {
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(schedule === undefined ? {} : { schedule }),
      ...(secrets ? { secrets } : {}),
    };
    return writeSource(context, 'setSourceSettings', { key, changes }, idempotencyKey, (stage, actor) =>
      setSourceSettings(stage, actor, key, changes),
    );
  }

  @Mutation(() => SourcePayload, {
    description: 'Puts a version of a source into use; an older one to go back to it.',
  })
  async activateSource(
    @Arg('key', () => String, KEY) key: string,
    @Arg('version', () => GraphQLInt, {
      nullable: true,
      description:
        'A version that has passed its check; absent = the newest, of a paused source the one that was in use.',
    })
    version: number | null,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) idempotencyKey: string | null,
    @Ctx() context: GraphContext,
  ): Promise<SourcePayload> {
    const input = { key, version: version ?? null };
    return writeSource(context, 'activateSource', input, idempotencyKey, (stage, actor) =>
      activateSource(stage, actor, key, version ?? null),
    );
  }

  @Mutation(() => SourcePayload, { description: 'Stops reading a source until it is activated again.' })
  async pauseSource(
    @Arg('key', () => String, KEY) key: string,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) idempotencyKey: string | null,
    @Ctx() context: GraphContext,
  ): Promise<SourcePayload> {
    return writeSource(context, 'pauseSource', { key }, idempotencyKey, (stage, actor) =>
      pauseSource(stage, actor, key),
    );
  }

  @Mutation(() => SourcePayload, { description: 'Ends the life of a source for good; its observations stay.' })
  async retireSource(
    @Arg('key', () => String, KEY) key: string,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) idempotencyKey: string | null,
    @Ctx() context: GraphContext,
  ): Promise<SourcePayload> {
    return writeSource(context, 'retireSource', { key }, idempotencyKey, (stage, actor) =>
      retireSource(stage, actor, key),
    );
  }

  @Mutation(() => SyncSourcePayload, { description: 'Reads an active source now.' })
  async syncSource(
    @Arg('key', () => String, KEY) key: string,
    @Arg('wait', () => Boolean, {
      nullable: true,
      defaultValue: true,
      description: 'Whether to wait for the end of the run, for at most two minutes.',
    })
    wait: boolean | null,
    @Arg('mode', () => SyncModeWord, {
      nullable: true,
      defaultValue: 'INCREMENTAL',
      description: 'Whether to read all or what changed.',
    })
    mode: RunMode | null,
    @Arg('period', () => String, {
      nullable: true,
      description: 'Keeps figures of this period only, such as 2024, and leaves the rest as it is; absent = of all.',
    })
    period: string | null,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) idempotencyKey: string | null,
    @Ctx() context: GraphContext,
  ): Promise<SyncSourcePayload> {
    if (mode === 'REPLAY') throw new PlatformError('BAD_USER_INPUT', 'A replay reads nothing; ask for replayRejected.');
    if (period !== null && period !== undefined) requirePeriod(period);
    const input = { key, wait: wait ?? true, mode: mode ?? ('INCREMENTAL' as const), period: period ?? null };
    const { runId } = await write(context, 'syncSource', input, idempotencyKey, async (stage, actor) => {
      await requireActive(stage, actor, key, { mode: input.mode, period: input.period });
      const requestedBy = context.viewer.subject ?? context.viewer.role;
      const run = await runSourceOf(context).run({ sourceKey: key, ...input, requestedBy });
      return { runId: run?.id ?? null };
    });
    const view = await viewAfter(context);
    const run = runId === null ? null : await view.loaders.run.load(runId);
    return new SyncSourcePayload(run === null ? null : new SyncRunType(run, view), view);
  }

  @Mutation(() => SyncSourcePayload, {
    description:
      'Maps the rows in quarantine again by the version in use, 20,000 records at most, in a run of its own; `run` is null when there is nothing to replay. What a later page or run has said stays.',
  })
  async replayRejected(
    @Arg('key', () => String, KEY) key: string,
    @Arg('run', () => String, {
      nullable: true,
      description: 'Id of the run whose rejects are meant: `SyncRun:7`; absent = those of all runs.',
    })
    runId: string | null,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) idempotencyKey: string | null,
    @Ctx() context: GraphContext,
  ): Promise<SyncSourcePayload> {
    const number = runId === null || runId === undefined ? null : (/^SyncRun:(\d{1,15})$/.exec(runId)?.[1] ?? '');
    if (number === '') throw new PlatformError('BAD_USER_INPUT', `"${runId?.slice(0, 40)}" is not the id of a run.`);
    const input = { key, run: number };
    const replayed = await write(context, 'replayRejected', input, idempotencyKey, async (stage, viewer) => {
      const { connector } = await stage.library.open(key);
      const { catalogue } = context;
      const options = { database: stage.database, catalogue, connector, now: stage.now, viewer };
      const run = await replayRejected(options, {
        sourceKey: key,
        ...(number === null ? {} : { runId: Number(number) }),
      });
      return { runId: run?.id ?? null };
    });
    const view = await viewAfter(context);
    const run = replayed.runId === null ? null : await view.loaders.run.load(replayed.runId);
    return new SyncSourcePayload(run === null ? null : new SyncRunType(run, view), view);
  }
}

function runSourceOf({ platform }: GraphContext): RunSource {
  if (platform.runSource !== null) return platform.runSource;
  throw new PlatformError('STARTING', 'This process cannot have sources read.');
}

/** Does a write once for each idempotencyKey. */
async function write<Outcome>(
  context: GraphContext,
  operation: string,
  input: unknown,
  idempotencyKey: string | null | undefined,
  work: (stage: SourceStage, actor: Actor) => Promise<Outcome>,
): Promise<Outcome> {
  const stage = stageOf(context);
  const { viewer } = context;
  const request = { operation, input, subject: viewer.subject, key: idempotencyKey ?? null };
  return once(stage.database, stage.library, request, () => work(stage, viewer));
}

/** A write whose answer is the source. */
async function writeSource(
  context: GraphContext,
  operation: string,
  input: { readonly key: string } & Readonly<Record<string, unknown>>,
  idempotencyKey: string | null,
  work: (stage: SourceStage, actor: Actor) => Promise<void>,
): Promise<SourcePayload> {
  await write(context, operation, input, idempotencyKey, async (stage, actor) => {
    await work(stage, actor);
    return {};
  });
  return new SourcePayload(await sourceAfter(context, input.key));
}

/** A source as the write has left it. */
async function sourceAfter(context: GraphContext, key: string): Promise<SourceType> {
  const source = await findSource(await viewAfter(context), key);
  if (source === null) throw new PlatformError('NOT_FOUND', `There is no source "${key}".`);
  return source;
}
