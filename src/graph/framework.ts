import { GraphQLFloat } from 'graphql';
import { Args, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import type { EntityLevel } from '../domain/entity.js';
import type { Framework, MissingRule } from '../domain/framework.js';
import { openPage, ReadPageArgs } from './at.js';
import { connectionType, slicePage } from './connection.js';
import { type GraphContext, type View } from './context.js';
import { ListSize } from './cost.js';
import { NodeType } from './node.js';
import { Reads } from './volatile.js';
import { EntityLevelWord, MissingRuleWord } from './words.js';

@ObjectType({
  description: 'Indicators that cannot exist for the bodies of a peer group, and what that means for their points.',
  simpleResolvers: true,
})
export class NotApplicableIndicators {
  @Field(() => String, { description: 'Code of the peer group.' })
  readonly peerGroup: string;

  @Field(() => MissingRuleWord, { description: 'What happens to their points.' })
  readonly rule: MissingRule;

  @Field(() => [String], { description: 'Codes of the indicators.' })
  readonly indicators: readonly string[];

  constructor({ peerGroup, rule, indicators }: Framework['notApplicable'][number]) {
    this.peerGroup = peerGroup;
    this.rule = rule;
    this.indicators = indicators;
  }
}

@ObjectType('Framework', {
  description: 'A versioned assessment framework: a graph of measures, since pillars share the foundation indexes.',
  implements: NodeType,
  simpleResolvers: true,
})
export class FrameworkType implements NodeType {
  readonly id: string;

  @Field(() => String, { description: 'Such as `PDTI-922` (provinces) or `MDTI-922` (ministries).' })
  readonly code: string;

  @Field(() => String, { description: 'Version of the framework.' })
  readonly version: string;

  @Field(() => EntityLevelWord, { description: 'What it assesses.' })
  readonly level: EntityLevel;

  @Field(() => String, { description: 'Number, issuer and date of the legal document.' })
  readonly legalBasis: string;

  @Field(() => GraphQLFloat, { description: 'Points of the whole index.' })
  readonly maxPoints: number;

  @Field(() => MissingRuleWord, { description: 'What a missing value costs.' })
  readonly missing: MissingRule;

  @Field(() => String, { description: 'What is published and what is illustrative in it.' })
  readonly certaintyNote: string;

  constructor(
    readonly framework: Framework,
    readonly view: View,
  ) {
    this.id = `Framework:${framework.code}`;
    this.code = framework.code;
    this.version = framework.version;
    this.level = framework.level;
    this.legalBasis = framework.legalBasis;
    this.maxPoints = framework.maxPoints;
    this.missing = framework.missing;
    this.certaintyNote = framework.certaintyNote;
  }

  @ListSize(2)
  @Field(() => [NotApplicableIndicators], { description: 'Indicators that do not apply to a peer group.' })
  notApplicable(): NotApplicableIndicators[] {
    return this.framework.notApplicable.map((each) => new NotApplicableIndicators(each));
  }
}

const FrameworkConnection = connectionType('Framework', () => FrameworkType, 'Frameworks, by code.');
type FrameworkConnection = InstanceType<typeof FrameworkConnection>;

/** Root fields about frameworks. */
@Resolver(() => FrameworkType)
export class FrameworkResolver {
  @Reads('RESULTS')
  @Query(() => FrameworkConnection, { description: 'The frameworks that entities are assessed by.' })
  async frameworks(
    @Args(() => ReadPageArgs) args: ReadPageArgs,
    @Ctx() context: GraphContext,
  ): Promise<FrameworkConnection> {
    const { view, position, size } = await openPage(context, args, 'frameworks');
    const all = view.catalogue.content.frameworks.map((framework) => new FrameworkType(framework, view));
    return new FrameworkConnection(slicePage(all, ({ id }) => id, position, size));
  }
}
