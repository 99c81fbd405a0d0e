import { GraphQLID } from 'graphql';
import { Arg, Args, Ctx, Field, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { makeApiKey } from '../access/apiKey.js';
import type { Role } from '../access/viewer.js';
import type { ApiKey } from '../domain/credential.js';
import { entityKey } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import { writeAudit } from '../store/audit.js';
import { countApiKeys, findApiKey, insertApiKey, listApiKeys, revokeApiKey, revokeToken } from '../store/credential.js';
import { connectionType, PageArgs, pageSize, positionIn } from './connection.js';
import type { GraphContext, View } from './context.js';
import { Cost } from './cost.js';
import { DateTimeScalar } from './dateTime.js';
import { NodeType } from './node.js';
import { Volatile } from './volatile.js';
import { RoleWord } from './words.js';

const MAX_NAME = 200;
const MAX_JTI = 200;

@Volatile()
@ObjectType('ApiKey', {
  description: 'A key for programs, sent as `Authorization: Bearer dti_…`. Only a hash of its secret is stored.',
  implements: NodeType,
  simpleResolvers: true,
})
class ApiKeyType implements NodeType {
  readonly id: string;

  @Field(() => String, { description: 'What it is for.' })
  readonly name: string;

  @Field(() => RoleWord, { description: 'What its holder may do.' })
  readonly role: string;

  @Field(() => String, { nullable: true, description: 'The entity of an officer: `GSO-2025:79`; null for others.' })
  readonly entityKey: string | null;

  @Field(() => String, { description: 'Subject of whoever made it.' })
  readonly createdBy: string;

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  readonly createdAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ends by itself; null = never.' })
  readonly expiresAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was revoked; null = it was not.' })
  readonly revokedAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was last used, to the hour; null = never.' })
  readonly lastUsedAt: Date | null;

  constructor(readonly key: ApiKey) {
    this.id = `ApiKey:${key.id}`;
    this.name = key.name;
    this.role = key.role;
    this.entityKey = key.entityKey;
    this.createdBy = key.createdBy;
    this.createdAt = key.createdAt;
    this.expiresAt = key.expiresAt;
    this.revokedAt = key.revokedAt;
    this.lastUsedAt = key.lastUsedAt;
  }
}

@ObjectType({ description: 'An API key that was just made.', simpleResolvers: true })
class CreatedApiKey {
  @Field(() => ApiKeyType, { description: 'What is stored of it.' })
  readonly apiKey: ApiKeyType;

  @Field(() => String, {
    nullable: true,
    description:
      'What its holder sends, `dti_…`: shown this once, stored nowhere. Null = an earlier request with this idempotencyKey made it.',
  })
  readonly secret: string | null;

  constructor(key: ApiKey, secret: string | null) {
    this.apiKey = new ApiKeyType(key);
    this.secret = secret;
  }
}

/** An API key by its id; null = none. */
export async function findApiKeyNode(view: View, key: string): Promise<NodeType | null> {
  const found = await view.loaders.apiKey.load(key);
  return found === null ? null : new ApiKeyType(found);
}

const ApiKeyConnection = connectionType('ApiKey', () => ApiKeyType, 'API keys, by id, revoked ones among them.');
type ApiKeyConnection = InstanceType<typeof ApiKeyConnection>;

const IDEMPOTENCY_KEY = {
  nullable: true,
  description: 'A text of the client’s own; a request with the same one does nothing twice.',
};

/** Root fields about API keys and the revocation of tokens. */
@Resolver()
export class ApiKeyResolver {
  @Cost(10)
  @Volatile()
  @Query(() => ApiKeyConnection, { description: 'The API keys, never their secrets. For admins.' })
  async apiKeys(@Args(() => PageArgs) page: PageArgs, @Ctx() context: GraphContext): Promise<ApiKeyConnection> {
    const { platform, revision } = context;
    const size = pageSize(page);
    const position = positionIn('apiKeys', revision, page);
    const rows = await listApiKeys(platform.database.fork(), position.after, size + 1);
    return new ApiKeyConnection({
      ...{ position, nodes: rows.slice(0, size).map((row) => new ApiKeyType(row)), hasNext: rows.length > size },
      keyOf: ({ key }) => key.id,
      countAll: () => countApiKeys(platform.database.fork()),
    });
  }

  @Mutation(() => CreatedApiKey, { description: 'Makes an API key and shows it once. For admins.' })
  async createApiKey(
    @Arg('name', () => String, { description: 'What it is for, at most 200 characters.' }) name: string,
    @Arg('role', () => RoleWord, { description: 'What its holder may do; not PUBLIC.' }) role: Role,
    @Arg('entity', () => String, {
      nullable: true,
      description: 'The entity of an OFFICER: `GSO-2025:79`, or an unambiguous code.',
    })
    entity: string | null,
    @Arg('expiresAt', () => DateTimeScalar, { nullable: true, description: 'When it ends by itself.' })
    expiresAt: Date | null,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) idempotencyKey: string | null,
    @Ctx() { platform, catalogue, viewer, now }: GraphContext,
  ): Promise<CreatedApiKey> {
    if (name.trim() === '' || name.length > MAX_NAME) throw wrong(`"name" must have 1 to ${MAX_NAME} characters`);
    if (role === 'public') throw wrong('everybody is PUBLIC without a key; name another role');
    if (role === 'officer' && !entity) throw wrong('an OFFICER needs "entity", such as GSO-2025:79');
    if (role !== 'officer' && entity) throw wrong('"entity" goes with the role OFFICER only');
    if (expiresAt && expiresAt <= now) throw wrong('"expiresAt" is past');
    const [code = '', system = null] = (entity ?? '').split(':').reverse();
    const found = entity ? catalogue.findEntity(code, system) : undefined;
    if (entity && found === undefined) throw wrong(`there is no entity ${entity.slice(0, 80)}`);
    const made = makeApiKey(idempotencyKey ? `${viewer.subject} ${idempotencyKey}` : null);
    const asked = {
      role,
      name,
      entityKey: found === undefined ? null : entityKey(found),
      expiresAt: expiresAt ?? null,
    };
    return platform.database.fork().transactional(async (em) => {
      const isNew = await insertApiKey(em, { ...asked, id: made.id, hash: made.hash, createdBy: viewer.subject ?? '' });
      const stored = await findApiKey(em, made.id);
      if (stored === null) throw new Error('the key that was just made is not there');
      const details = {
        role: stored.role,
        name: stored.name,
        entityKey: stored.entityKey,
        expiresAt: stored.expiresAt,
      };
      if (!isNew && JSON.stringify(details) !== JSON.stringify(asked)) {
        throw wrong('this "idempotencyKey" made another key; take a new one');
      }
      if (!isNew) return new CreatedApiKey(stored, null);
      await writeAudit(em, { viewer, action: 'createApiKey', target: `ApiKey:${made.id}`, details });
      return new CreatedApiKey(stored, made.text);
    });
  }

  @Mutation(() => ApiKeyType, {
    description:
      'Revokes an API key for good: requests with it are refused at once, its sockets end within seconds. NOT_FOUND when there is none. For admins.',
  })
  async revokeApiKey(
    @Arg('id', () => GraphQLID, { description: 'Its id: `ApiKey:0123456789ab`.' }) id: string,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) _idempotencyKey: string | null,
    @Ctx() { platform, viewer }: GraphContext,
  ): Promise<ApiKeyType> {
    return platform.database.fork().transactional(async (em) => {
      const key = await revokeApiKey(em, id.replace(/^ApiKey:/, ''));
      if (key === null) throw new PlatformError('NOT_FOUND', `There is no API key ${id.slice(0, 80)}.`);
      await writeAudit(em, { viewer, action: 'revokeApiKey', target: `ApiKey:${key.id}` });
      return new ApiKeyType(key);
    });
  }

  @Mutation(() => Boolean, {
    description:
      'Revokes a token by its `jti` for good: requests with it are refused at once, its sockets end within seconds. False = it was revoked already. For admins.',
  })
  async revokeToken(
    @Arg('jti', () => String, { description: 'The claim `jti` of the token.' }) jti: string,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) _idempotencyKey: string | null,
    @Ctx() { platform, viewer }: GraphContext,
  ): Promise<boolean> {
    if (jti === '' || jti.length > MAX_JTI || jti.includes('\0')) {
      throw wrong(`"jti" must have 1 to ${MAX_JTI} characters`);
    }
    return platform.database.fork().transactional(async (em) => {
      const isNew = await revokeToken(em, jti, viewer.subject ?? '');
      if (isNew) await writeAudit(em, { viewer, action: 'revokeToken', target: `Token:${jti}` });
      return isNew;
    });
  }
}

function wrong(message: string): PlatformError {
  return new PlatformError('BAD_USER_INPUT', `${message}.`);
}
