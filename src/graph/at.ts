import { ArgsType, Field, InputType } from 'type-graphql';
import { PlatformError } from '../domain/errors.js';
import { findRevision, hasRevision, revisionAt } from '../store/revision.js';
import { PageArgs, type Position, pageSize, readCursor } from './connection.js';
import { createContext, type GraphContext, type Platform, View } from './context.js';
import { DateTimeScalar } from './dateTime.js';

@InputType({ description: 'A state of the past: give exactly one of the two.' })
export class AsOfInput {
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'The state that was served at this time. A time to come means now.',
  })
  time?: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The state at this revision: decimal digits, as in `Snapshot.revision`. A number between two revisions means the earlier one.',
  })
  revision?: string | null;
}

@InputType({ description: 'Which state of the platform a root field reads; everything below it reads the same one.' })
export class AtInput {
  @Field(() => AsOfInput, {
    nullable: true,
    description:
      'What was known then. AS_OF_UNAVAILABLE when nothing was. Reference data (names, frameworks, rounds) is that of now.',
  })
  asOf?: AsOfInput | null;
}

const AT = {
  nullable: true,
  description: 'The state to read; without it the newest when the operation began, the same for all root fields.',
};

/** Arguments of a root field that reads one thing. */
@ArgsType()
export class ReadArgs {
  @Field(() => AtInput, AT)
  at?: AtInput | null;
}

/** Arguments of a root field that reads a list. */
@ArgsType()
export class ReadPageArgs extends PageArgs {
  @Field(() => String, {
    nullable: true,
    description:
      'A cursor of an earlier page of the same list: what comes after it is shown, in the state that the earlier page showed, even if there is a newer one. When that state is not here, as after a restore, the page is refused: REVISION_UNKNOWN.',
  })
  override after?: string | null;

  @Field(() => AtInput, AT)
  at?: AtInput | null;
}

/**
 * The view that `at` asks for.
 * @throws PlatformError BAD_USER_INPUT, AS_OF_UNAVAILABLE
 */
export async function openView(context: GraphContext, { at }: ReadArgs): Promise<View> {
  const asOf = at?.asOf ?? null;
  if (asOf === null) return context.view;
  const time = asOf.time ?? null;
  const revision = asOf.revision ?? null;
  if (time !== null && revision === null) return openTime(context, time);
  if (revision !== null && time === null) return openRevision(context, revision);
  throw new PlatformError('BAD_USER_INPUT', 'Give "asOf" either a time or a revision.');
}

async function openTime(context: GraphContext, time: Date): Promise<View> {
  const revision = Math.min(await revisionAt(context.platform.database.reading, time), context.revision);
  if (revision === 0) throw unavailable(time.toISOString());
  return new View(context, revision, time < context.now ? time : context.now);
}

async function openRevision(context: GraphContext, text: string): Promise<View> {
  const revision = readRevision(text, 'revision');
  const caughtUp = await catchUp(context, revision);
  if (revision > caughtUp.revision) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `Revision ${text} is yet to come; the newest is ${caughtUp.revision}. Ask for that or an earlier one.`,
    );
  }
  const last = await findRevision(context.platform.database.reading, revision);
  if (last === null) throw unavailable(`revision ${text}`);
  return new View(caughtUp, last.id, last.committedAt);
}

/**
 * A time as of which a round has a result that everybody may see: the given one, or when its first one came if that is later; null = it has none.
 * @param round its code
 */
export async function knownSince(platform: Platform, round: string, time: Date): Promise<Date | null> {
  const { database, feed, library, publicProvisional } = platform;
  const found = platform.catalogue().roundByCode(round);
  const scope = { revision: feed.head, provisional: publicProvisional };
  const first = found && library.list(found.id, scope).at(-1);
  const known = first && (await findRevision(database.reading, first.revision));
  if (!known) return null;
  // Rows tell microseconds, which a Date cuts off.
  return new Date(Math.max(time.getTime(), known.committedAt.getTime() + 1));
}

/** Longest wait for a revision that the client has seen at a gateway which is ahead of this one. */
const CATCH_UP_MS = 3000;

/** The context of a moment at which this gateway has a revision that another one may have shown; the same context when it cannot. */
async function catchUp(context: GraphContext, revision: number): Promise<GraphContext> {
  const { platform, viewer } = context;
  if (revision <= context.revision) return context;
  const hasIt = await platform.feed.reach(revision, AbortSignal.timeout(CATCH_UP_MS));
  return hasIt ? createContext(platform, viewer) : context;
}

/**
 * A revision as clients write it. One beyond what a number holds is the largest of them: neither exists.
 * @param name of the argument
 * @throws PlatformError BAD_USER_INPUT when the text is not decimal digits, 40 at most
 */
export function readRevision(text: string, name: string): number {
  if (/^\d{1,40}$/.test(text)) return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
  throw new PlatformError(
    'BAD_USER_INPUT',
    `"${name}" must be a revision, up to 40 decimal digits such as "42"; received "${text.slice(0, 40)}".`,
  );
}

/** Where a page of a root list is to be read. */
export interface OpenPage {
  readonly view: View;
  readonly position: Position;
  readonly size: number;
}

/**
 * The view and position of a page: those of its cursor, else those of `at`.
 * @param list names the list and whatever decides about its rows except filters
 * @throws PlatformError BAD_USER_INPUT, AS_OF_UNAVAILABLE, REVISION_UNKNOWN
 */
export async function openPage(context: GraphContext, args: ReadPageArgs, list: string): Promise<OpenPage> {
  const size = pageSize(args);
  const asked = await openView(context, args);
  const after = args.after ?? null;
  if (after === null) return { view: asked, position: { list, revision: asked.revision, after }, size };
  const { revision, key } = readCursor(after, list);
  const caughtUp = await catchUp(context, revision);
  if (!(await isThere(caughtUp, revision))) throw unknown(revision);
  // A state of the past is one revision for good, and the cursor names another; "now" moves on between two pages.
  if (revision !== asked.revision && asked.until !== null && asked.until < context.now) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `"after" continues a list of revision ${revision}, "at" asks for revision ${asked.revision}. Give the same "at" with every page, or none.`,
    );
  }
  const view = revision === asked.revision ? asked : new View(caughtUp, revision, asked.until);
  return { view, position: { list, revision, after: key }, size };
}

/** Rounds without a result: not computed by then, or provisional where that is not public. */
export function noResult(roundCodes: readonly string[], revision: number): PlatformError {
  const message = `There is no result of ${roundCodes.join(', ')} as of revision ${revision}: none was computed by then, or none is public. Ask for a later state, or for another round.`;
  return new PlatformError('AS_OF_UNAVAILABLE', message);
}

/** Whether a revision can be read here: its number is in the table, and what it changed has arrived. */
async function isThere(
  { platform: { feed, database }, revision: newest }: GraphContext,
  revision: number,
): Promise<boolean> {
  // The feed also says no when nobody can be asked; then the question fails.
  return revision <= newest && ((await feed.knows(revision)) || (await hasRevision(database.reading, revision)));
}

/** The page before was read at a state that is not here: the next one would be of another list. */
function unknown(revision: number): PlatformError {
  const message = `There is no revision ${revision} here, at which the page before this one was read: a restore or a failover lost it, or this server has not got it yet. Begin again without "after".`;
  return new PlatformError('REVISION_UNKNOWN', message, { details: { revision: String(revision) } });
}

/** Nothing had been published or computed yet. */
function unavailable(when: string): PlatformError {
  return new PlatformError('AS_OF_UNAVAILABLE', `Nothing was known as of ${when}; ask for a later state.`);
}
