import { GraphQLJSONObject } from 'graphql-scalars';
import { Arg, Args, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { type AuditField, countAudit, type ListedAudit, listAudit } from '../store/audit.js';
import type { Filter } from '../store/condition.js';
import { connectionType, numberAfter, PageArgs, pageSize, positionIn } from './connection.js';
import type { GraphContext, View } from './context.js';
import { Scan } from './cost.js';
import { DateTimeScalar } from './dateTime.js';
import { DateTimeFilter, filterInput, mapFilter, StringFilter } from './filter.js';
import { NodeType } from './node.js';
import { Volatile } from './volatile.js';

@Volatile()
@ObjectType('AuditEntry', {
  description: 'Who wrote what and when. It is kept in the transaction of the write and never changes.',
  implements: NodeType,
  simpleResolvers: true,
})
class AuditEntryType implements NodeType {
  readonly id: string;

  @Field(() => DateTimeScalar, { description: 'When.' })
  readonly at: Date;

  @Field(() => String, {
    description: 'Who: subject of a token, `key:…` of an API key, or `platform` for the platform itself.',
  })
  readonly actor: string;

  @Field(() => String, { description: 'Role of the actor then; `platform` for the platform itself.' })
  readonly role: string;

  @Field(() => String, { description: 'What was done: the name of the mutation.' })
  readonly action: string;

  @Field(() => String, { description: 'To what, by its id: `Source:einvoice`.' })
  readonly target: string;

  @Field(() => GraphQLJSONObject, { description: 'Facts about it, never secrets.' })
  readonly details: Readonly<Record<string, unknown>>;

  constructor(readonly entry: ListedAudit) {
    this.id = `AuditEntry:${entry.id}`;
    this.at = entry.at;
    this.actor = entry.actor;
    this.role = entry.role;
    this.action = entry.action;
    this.target = entry.target;
    this.details = entry.details;
  }
}

/** A row of the audit by its number; null = none. */
export async function findAuditEntry(view: View, key: string): Promise<NodeType | null> {
  const entry = /^\d{1,15}$/.test(key) ? await view.loaders.auditEntry.load(Number(key)) : null;
  return entry === null ? null : new AuditEntryType(entry);
}

const AuditFilter = filterInput<AuditField>('AuditFilter', 'Selects rows of the audit.', {
  at: [DateTimeFilter, 'When.'],
  actor: [StringFilter, 'Who.'],
  role: [StringFilter, 'Role of the actor.'],
  action: [StringFilter, 'What was done.'],
  target: [StringFilter, 'To what.'],
});

const AuditConnection = connectionType('AuditEntry', () => AuditEntryType, 'Rows of the audit, newest first.');
type AuditConnection = InstanceType<typeof AuditConnection>;

/** Root field about the audit. */
@Resolver()
export class AuditResolver {
  @Scan(1000)
  @Volatile()
  @Query(() => AuditConnection, { description: 'Who wrote what, newest first. For admins.' })
  async auditTrail(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => AuditFilter, { nullable: true, description: 'Which rows.' }) given: Filter<AuditField> | null,
    @Ctx() { platform, revision }: GraphContext,
  ): Promise<AuditConnection> {
    const size = pageSize(page);
    const position = positionIn('auditTrail', revision, page);
    const filter = mapFilter(given, (field: AuditField, condition) => [field, condition] as const);
    const { database } = platform;
    const rows = await listAudit(database.fork(), filter, numberAfter(position), size + 1);
    return new AuditConnection({
      ...{ position, nodes: rows.slice(0, size).map((row) => new AuditEntryType(row)), hasNext: rows.length > size },
      keyOf: ({ entry }) => String(entry.id),
      countAll: () => countAudit(database.fork(), filter),
    });
  }
}
