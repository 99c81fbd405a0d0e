import { GraphQLFloat } from 'graphql';
import { Field, ObjectType } from 'type-graphql';
import type { ScoringRule, Tier } from '../domain/framework.js';
import { ListSize } from './cost.js';
import { RuleKindWord } from './words.js';

@ObjectType('ScoringTier', { description: 'One step of a tiered rule.', simpleResolvers: true })
export class TierType {
  @Field(() => GraphQLFloat, { description: 'The value must be at least this.' })
  readonly atLeast: number;

  @Field(() => GraphQLFloat, { description: 'Share of the maximum points, 0 to 1.' })
  readonly share: number;

  constructor({ atLeast, share }: Tier) {
    this.atLeast = atLeast;
    this.share = share;
  }
}

@ObjectType('ScoringRule', {
  description:
    'How the figure of an indicator becomes a share of its points. The rules of components are illustrative.',
  simpleResolvers: true,
})
export class ScoringRuleType {
  @Field(() => RuleKindWord, { description: 'The formula.' })
  readonly kind: ScoringRule['kind'];

  @Field(() => GraphQLFloat, {
    nullable: true,
    description: 'RATIO_CAPPED: the ratio that earns all points; else null.',
  })
  readonly target: number | null;

  @ListSize(4)
  @ListSize(4)
  @Field(() => [TierType], { description: 'TIERED: the steps, rising; else empty.' })
  readonly tiers: readonly TierType[];

  @Field(() => GraphQLFloat, { nullable: true, description: 'SURVEY_MEAN: the best answer, such as 5; else null.' })
  readonly scale: number | null;

  constructor(rule: ScoringRule) {
    this.kind = rule.kind;
    this.target = rule.kind === 'RATIO_CAPPED' ? rule.target : null;
    this.tiers = rule.kind === 'TIERED' ? rule.tiers.map((tier) => new TierType(tier)) : [];
    this.scale = rule.kind === 'SURVEY_MEAN' ? rule.scale : null;
  }
}
