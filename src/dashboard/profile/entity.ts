import type { EntityQuery, ExplainedScoreFragment, ProfileQuery } from '../generated/operations.ts';

/** The entity of a profile. */
export type ProfileEntity = NonNullable<EntityQuery['entity']>;
/** Another entity with the same code in another code system. */
export type SameCode = EntityQuery['sameCode']['edges'][number]['node'];
/** The index of the entity, and of those that it came from and became, in each round. */
export type ProfileHistory = readonly ProfileQuery['history']['edges'][number]['node'][];
/** A score with why it is what it is. */
export type ExplainedScore = ExplainedScoreFragment;
