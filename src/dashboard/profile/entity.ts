import type { EntityQuery, HistoryQuery, WhyQuery } from '../generated/operations.ts';

/** The entity of a profile. */
export type ProfileEntity = NonNullable<EntityQuery['entity']>;
/** The index of the entity, and of those that it came from and became, in each round. */
export type ProfileHistory = HistoryQuery['scoreGroups']['edges'][number]['node'][];
/** A score with why it is what it is. */
export type ExplainedScore = NonNullable<NonNullable<WhyQuery['entity']>['score']>;
