import { GraphQLInt } from 'graphql';
import { Arg, Ctx, Field, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import type { AlertKind, AlertRule } from '../domain/alert.js';
import type { EntityLevel } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import { readAlertRules, writeAlertRule } from '../store/alert.js';
import { writeAudit } from '../store/audit.js';
import type { GraphContext } from './context.js';
import { ListSize } from './cost.js';
import { Volatile } from './volatile.js';
import { AlertKindWord, EntityLevelWord } from './words.js';

const MAX_PLACES = 100_000;

@Volatile()
@ObjectType('AlertRule', { description: 'When alerts of a kind are raised.', simpleResolvers: true })
class AlertRuleType {
  @Field(() => AlertKindWord, { description: 'What the alerts are about.' })
  readonly kind: AlertKind;

  @Field(() => EntityLevelWord, { nullable: true, description: 'RANK_FALL: whose ranks; null for the others.' })
  readonly level: string | null;

  @Field(() => GraphQLInt, {
    nullable: true,
    description: 'RANK_FALL: how many places make an alert, twice as many a critical one; null for the others.',
  })
  readonly threshold: number | null;

  @Field(() => Boolean, { description: 'False = no such alert is raised; open ones still end.' })
  readonly enabled: boolean;

  constructor({ kind, level, threshold, enabled }: AlertRule) {
    this.kind = kind;
    this.level = level;
    this.threshold = threshold;
    this.enabled = enabled;
  }
}

/** Root fields about the rules of alerts. */
@Resolver()
export class AlertRuleResolver {
  @Volatile()
  @ListSize(8)
  @Query(() => [AlertRuleType], { description: 'When alerts are raised, by kind and level.' })
  async alertRules(@Ctx() { platform }: GraphContext): Promise<AlertRuleType[]> {
    return (await readAlertRules(platform.database.fork())).map((rule) => new AlertRuleType(rule));
  }

  @Mutation(() => AlertRuleType, {
    description: 'Says when alerts of a kind are raised from now on. The same again changes nothing. For admins.',
  })
  async setAlertRule(
    @Arg('kind', () => AlertKindWord, { description: 'What the alerts are about.' }) kind: AlertKind,
    @Arg('level', () => EntityLevelWord, { nullable: true, description: 'RANK_FALL: whose ranks.' })
    level: EntityLevel | null,
    @Arg('threshold', () => GraphQLInt, {
      nullable: true,
      description: 'RANK_FALL: how many places make an alert, 1 or more.',
    })
    threshold: number | null,
    @Arg('enabled', () => Boolean, { nullable: true, defaultValue: true, description: 'False = raise none.' })
    enabled: boolean | null,
    @Arg('idempotencyKey', () => String, {
      nullable: true,
      description: 'A text of the client’s own. The write is the same however often it is sent.',
    })
    _idempotencyKey: string | null,
    @Ctx() { platform, viewer }: GraphContext,
  ): Promise<AlertRuleType> {
    const isRankFall = kind === 'RANK_FALL';
    if (isRankFall !== Boolean(level) || isRankFall !== (typeof threshold === 'number')) {
      throw wrong('"level" and "threshold" go with RANK_FALL, and only with it');
    }
    if (typeof threshold === 'number' && !(threshold >= 1 && threshold <= MAX_PLACES)) {
      throw wrong(`"threshold" must be 1 to ${MAX_PLACES} places`);
    }
    const rule: AlertRule = { kind, level: level ?? null, threshold: threshold ?? null, enabled: enabled ?? true };
    await platform.database.fork().transactional(async (em) => {
      await writeAlertRule(em, rule, viewer.subject ?? viewer.role);
      const target = level ? `AlertRule:${kind}:${level}` : `AlertRule:${kind}`;
      await writeAudit(em, {
        ...{ viewer, action: 'setAlertRule', target },
        details: { threshold: rule.threshold, enabled: rule.enabled },
      });
    });
    return new AlertRuleType(rule);
  }
}

function wrong(message: string): PlatformError {
  return new PlatformError('BAD_USER_INPUT', `${message}.`);
}
