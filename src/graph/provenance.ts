import { GraphQLFloat } from 'graphql';
import { Field, ObjectType } from 'type-graphql';
import type { Discrepancy, MergeCandidate, MergedValue, MergePolicy, MergeReason } from '../domain/mergePolicy.js';
import type { ObsStatus } from '../domain/observation.js';
import type { View } from './context.js';
import { ListSize } from './cost.js';
import { DecimalScalar } from './decimal.js';
import { MergePolicyVersion } from './mergePolicy.js';
import { ObservationType } from './observation.js';
import { readSource, SourceType } from './source.js';
import { Reads } from './volatile.js';
import { MergeReasonWord, ObsStatusWord } from './words.js';

@Reads('EVERYTHING')
@ObjectType('MergeCandidate', {
  description: 'One observation that was looked at, and what became of it.',
  simpleResolvers: true,
})
export class CandidateType {
  @Field(() => DecimalScalar, { nullable: true, description: 'Exact; null for a ratio and for a missing value.' })
  readonly value: string | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'Numerator of a ratio, exact; else null.' })
  readonly numerator: string | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'Denominator of a ratio, exact; else null.' })
  readonly denominator: string | null;

  @Field(() => String, { description: 'The time that it refers to.' })
  readonly period: string;

  @Field(() => ObsStatusWord, { description: 'SDMX observation status.' })
  readonly obsStatus: ObsStatus;

  @Field(() => String, { description: 'The revision at which the platform learnt it: decimal digits.' })
  readonly revision: string;

  @Field(() => Boolean, { description: 'It was chosen; at most one is.' })
  readonly accepted: boolean;

  @Field(() => MergeReasonWord, { description: 'Why it was chosen or not.' })
  readonly reason: MergeReason;

  @Field(() => ObservationType, { description: 'The observation itself, with its run, page and row, or its claim.' })
  readonly observation: ObservationType;

  constructor(candidate: MergeCandidate, view: View) {
    const { value, numerator, denominator, period, obsStatus, revision } = candidate.observation;
    this.value = value;
    this.numerator = numerator;
    this.denominator = denominator;
    this.period = period;
    this.obsStatus = obsStatus;
    this.revision = String(revision);
    this.accepted = candidate.accepted;
    this.reason = candidate.reason;
    this.observation = new ObservationType(candidate.observation, view);
  }

  @Field(() => SourceType, { description: 'Where it comes from.' })
  source(): Promise<SourceType> {
    return readSource(this.observation.view, this.observation.observation.sourceId);
  }
}

@Reads('EVERYTHING')
@ObjectType('Discrepancy', {
  description: 'A self-reported figure that differs from the measured one by more than the policy tolerates.',
  simpleResolvers: true,
})
export class DiscrepancyType {
  @Field(() => ObservationType, { description: 'What the body reported.' })
  readonly claim: ObservationType;

  @Field(() => ObservationType, { description: 'What was measured.' })
  readonly measurement: ObservationType;

  @Field(() => GraphQLFloat, { description: '(claim - measurement) / measurement; positive = the claim is higher.' })
  readonly relativeDifference: number;

  constructor({ claim, measurement, relativeDifference }: Discrepancy, view: View) {
    this.claim = new ObservationType(claim, view);
    this.measurement = new ObservationType(measurement, view);
    this.relativeDifference = relativeDifference;
  }
}

@Reads('EVERYTHING')
@ObjectType('Provenance', {
  description:
    'Why the figure behind a score is what it is: the chosen observation, the others, and the rule that chose.',
  simpleResolvers: true,
})
export class ProvenanceType {
  @Field(() => MergePolicyVersion, { description: 'The rule of precedence that was applied.' })
  readonly policy: MergePolicyVersion;

  @Field(() => MergeReasonWord, { description: 'Why the chosen one was chosen; NO_CANDIDATE when nothing was.' })
  readonly reason: MergeReason;

  @Field(() => ObservationType, {
    nullable: true,
    description: 'The observation that was scored; null = there is no value.',
  })
  readonly chosen: ObservationType | null;

  @ListSize(15)
  @Field(() => [CandidateType], {
    description:
      'All observations known to the computation: the chosen one first, then by precedence, later period and later revision.',
  })
  readonly candidates: readonly CandidateType[];

  @Field(() => DiscrepancyType, {
    nullable: true,
    description: 'A self-report that differs from the chosen measurement beyond the tolerance; null = none.',
  })
  readonly discrepancy: DiscrepancyType | null;

  constructor(merged: MergedValue, policy: MergePolicy, view: View) {
    this.policy = new MergePolicyVersion(policy.code, policy.version);
    this.reason = merged.reason;
    this.chosen = merged.chosen === null ? null : new ObservationType(merged.chosen, view);
    this.candidates = merged.candidates.map((candidate) => new CandidateType(candidate, view));
    this.discrepancy = merged.discrepancy === null ? null : new DiscrepancyType(merged.discrepancy, view);
  }
}
