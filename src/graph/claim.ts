import { Field, ObjectType } from 'type-graphql';
import type { Figure } from '../domain/observation.js';
import type { Evidence, ItemState } from '../domain/submission.js';
import type { Claim } from '../store/readClaims.js';
import type { View } from './context.js';
import { ListSize } from './cost.js';
import { DateTimeScalar } from './dateTime.js';
import { DecimalScalar } from './decimal.js';
import { RoundType } from './round.js';
import { Volatile } from './volatile.js';
import { ItemStateWord } from './words.js';

@ObjectType('Figure', {
  description: 'A figure as exact decimals: a value, or the two counts of a ratio.',
  simpleResolvers: true,
})
export class FigureType {
  @Field(() => DecimalScalar, { nullable: true, description: 'In the unit of the indicator; null for a ratio.' })
  readonly value: string | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'Numerator of a ratio; else null.' })
  readonly numerator: string | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'Denominator of a ratio; else null.' })
  readonly denominator: string | null;

  constructor({ value, numerator, denominator }: Figure) {
    this.value = value;
    this.numerator = numerator;
    this.denominator = denominator;
  }
}

@ObjectType('Evidence', { description: 'A document that is said to prove a claim.', simpleResolvers: true })
export class EvidenceType {
  @Field(() => String, { description: 'Title of the document.' })
  readonly title: string;

  @Field(() => String, { description: 'Its number, or the address where it is published.' })
  readonly reference: string;

  constructor({ title, reference }: Evidence) {
    this.title = title;
    this.reference = reference;
  }
}

@Volatile()
@ObjectType('SubmissionClaim', {
  description: 'What a body reported about itself, and what the review let stand.',
  simpleResolvers: true,
})
export class ClaimType {
  @Field(() => ItemStateWord, { description: 'What became of the claim.' })
  readonly state: ItemState;

  @Field(() => FigureType, { description: 'What the body claimed.' })
  readonly claimed: FigureType;

  @Field(() => FigureType, { nullable: true, description: 'What the reviewer accepted; null = nothing.' })
  readonly accepted: FigureType | null;

  @ListSize(3)
  @Field(() => [EvidenceType], { description: 'Documents that the body gave.' })
  readonly evidence: readonly EvidenceType[];

  @Field(() => String, { nullable: true, description: 'Name or role of who reviewed it.' })
  readonly reviewer: string | null;

  @Field(() => String, { nullable: true, description: 'What the reviewer wrote.' })
  readonly reviewNote: string | null;

  @Field(() => Boolean, { description: 'The report was generated; nobody submitted it.' })
  readonly simulated: boolean;

  @Field(() => DateTimeScalar, { description: 'When the report was handed in.' })
  readonly submittedAt: Date;

  readonly #claim: Claim;
  readonly #view: View;

  constructor(claim: Claim, view: View) {
    this.state = claim.state;
    this.claimed = new FigureType(claim.claimed);
    this.accepted = claim.accepted === null ? null : new FigureType(claim.accepted);
    this.evidence = claim.evidence.map((each) => new EvidenceType(each));
    this.reviewer = claim.reviewer;
    this.reviewNote = claim.reviewNote;
    this.simulated = claim.simulated;
    this.submittedAt = claim.submittedAt;
    this.#claim = claim;
    this.#view = view;
  }

  @Field(() => RoundType, { description: 'The round that it was reported for.' })
  round(): RoundType {
    const round = this.#view.catalogue.round(this.#claim.roundId);
    if (round === undefined) throw new Error(`claim ${this.#claim.itemId} has no round`);
    return new RoundType(round, this.#view);
  }
}
