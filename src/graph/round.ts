import { GraphQLInt } from 'graphql';
import { Arg, Args, Ctx, Field, FieldResolver, ObjectType, Query, Resolver, Root } from 'type-graphql';
import type { EntityLevel } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import type { AssessmentRound, RoundStatus } from '../domain/round.js';
import { askOtherCase } from '../domain/text.js';
import { openPage, openView, ReadArgs, ReadPageArgs } from './at.js';
import { connectionType, slicePage } from './connection.js';
import { type GraphContext, type View } from './context.js';
import { ListSize } from './cost.js';
import { EntityType } from './entity.js';
import { FrameworkType } from './framework.js';
import { NodeType } from './node.js';
import { findPeerGroup, PeerGroupType } from './peerGroup.js';
import { Reads } from './volatile.js';
import { EntityLevelWord, RoundStatusWord } from './words.js';

@ObjectType('AssessmentRound', {
  description: 'Time-boxed collection for one framework, level and year.',
  implements: NodeType,
  simpleResolvers: true,
})
export class RoundType implements NodeType {
  readonly id: string;

  @Field(() => String, { description: 'Level and year: `PROVINCE-2022`.' })
  readonly code: string;

  @Field(() => EntityLevelWord, { description: 'What is assessed.' })
  readonly level: EntityLevel;

  @Field(() => GraphQLInt, { description: 'The year that the figures are about; results appear a year or more later.' })
  readonly year: number;

  @Field(() => Boolean, {
    description:
      'The framework is applied to a year or territory that it was not issued for, so nothing of it is official.',
  })
  readonly illustrative: boolean;

  constructor(
    readonly round: AssessmentRound,
    readonly view: View,
  ) {
    this.id = `AssessmentRound:${round.code}`;
    this.code = round.code;
    this.level = round.level;
    this.year = round.year;
    this.illustrative = round.illustrative;
  }

  @Field(() => RoundStatusWord, {
    description: 'Where it stands. Read as of a time before its publication, a published round is VERIFYING.',
  })
  status(): RoundStatus {
    if (this.view.publishedOf(this.round) !== undefined) return 'PUBLISHED';
    return this.round.status === 'PUBLISHED' ? 'VERIFYING' : this.round.status;
  }

  @Field(() => FrameworkType, { description: 'The framework that it is assessed by.' })
  framework(): FrameworkType {
    const framework = this.view.catalogue.framework(this.round.frameworkCode);
    if (framework === undefined) throw new Error(`round ${this.code} has no framework`);
    return new FrameworkType(framework, this.view);
  }

  @ListSize(2)
  @Field(() => [PeerGroupType], { description: 'Its peer groups; the first one is the default of a ranking.' })
  peerGroups(): PeerGroupType[] {
    const groups = this.round.groups.flatMap(({ peerGroupId }) => this.view.catalogue.peerGroup(peerGroupId) ?? []);
    return groups.map((group) => new PeerGroupType(group));
  }

  @ListSize(63)
  @Field(() => [EntityType], { description: 'Who is assessed, by peer group, then by code.' })
  entities(
    @Arg('peerGroup', () => String, { nullable: true, description: 'Only members of this peer group.' })
    peerGroup: string | null,
  ): EntityType[] {
    const only = peerGroup ? findPeerGroup(this.view, this.round, peerGroup) : null;
    return this.round.groups
      .filter(({ peerGroupId }) => only === null || peerGroupId === only.id)
      .flatMap(({ entityIds }) => entityIds.flatMap((id) => this.view.catalogue.entity(id) ?? []))
      .map((entity) => new EntityType(entity, this.view));
  }
}

/**
 * A round by its code.
 * @throws PlatformError NOT_FOUND that names the rounds
 */
export function findRound(view: View, code: string): AssessmentRound {
  const found = view.catalogue.roundByCode(code);
  if (found !== undefined) return found;
  const known = view.catalogue.content.rounds.map((round) => round.code);
  throw new PlatformError(
    'NOT_FOUND',
    `There is no round "${code}".${askOtherCase(code, known)} There are ${known.join(', ') || 'none'}.`,
    {
      details: { known },
    },
  );
}

const RoundConnection = connectionType('AssessmentRound', () => RoundType, 'Rounds, by level, then by year.');
type RoundConnection = InstanceType<typeof RoundConnection>;

/** Fields that lead to rounds and to membership in them. */
@Resolver(() => EntityType)
export class RoundResolver {
  @FieldResolver(() => PeerGroupType, {
    name: 'peerGroup',
    nullable: true,
    description:
      'The peer group that it is ranked in; null when it does not take part in the round. NOT_FOUND for an unknown round.',
  })
  entityPeerGroup(
    @Root() { entity, view }: EntityType,
    @Arg('round', () => String, { description: 'Code of the round.' }) code: string,
  ): PeerGroupType | null {
    const group = findRound(view, code).groups.find(({ entityIds }) => entityIds.includes(entity.id));
    const peerGroup = group === undefined ? undefined : view.catalogue.peerGroup(group.peerGroupId);
    return peerGroup === undefined ? null : new PeerGroupType(peerGroup);
  }

  @Reads('RESULTS')
  @Query(() => RoundType, {
    nullable: true,
    name: 'round',
    description: 'One round by its code; null when there is none.',
  })
  async oneRound(
    @Arg('code', () => String, { description: 'Level and year: `PROVINCE-2022`.' }) code: string,
    @Args(() => ReadArgs) args: ReadArgs,
    @Ctx() context: GraphContext,
  ): Promise<RoundType | null> {
    const view = await openView(context, args);
    const round = view.catalogue.roundByCode(code);
    return round === undefined ? null : new RoundType(round, view);
  }

  @Reads('RESULTS')
  @Query(() => RoundConnection, { description: 'All assessment rounds.' })
  async rounds(@Args(() => ReadPageArgs) args: ReadPageArgs, @Ctx() context: GraphContext): Promise<RoundConnection> {
    const { view, position, size } = await openPage(context, args, 'rounds');
    const all = view.catalogue.content.rounds.map((round) => new RoundType(round, view));
    return new RoundConnection(slicePage(all, ({ id }) => id, position, size));
  }
}
