import { GraphQLInt } from 'graphql';
import { Field, ObjectType } from 'type-graphql';
import type { Catalogue } from '../domain/catalogue.js';
import { entityKey } from '../domain/entity.js';
import type { ObsStatus } from '../domain/observation.js';
import type { Preview } from '../pipeline/previewSource.js';
import { ListSize } from './cost.js';
import { DateTimeScalar } from './dateTime.js';
import { DecimalScalar } from './decimal.js';
import { ManifestProblemType } from './manifestProblem.js';
import { ObsStatusWord } from './words.js';

type Page = NonNullable<Preview['preview']>['pages'][number];

@ObjectType({ description: 'A figure as a sync would have written it.', simpleResolvers: true })
class PreviewObservation {
  @Field(() => GraphQLInt, { description: 'Index of its row in the page, from 0.' })
  readonly row: number;

  @Field(() => String, { description: 'The body that it is about: `GSO-2025:79`.' })
  readonly entity: string;

  @Field(() => String, { description: 'Code of the framework.' })
  readonly framework: string;

  @Field(() => String, { description: 'Code of the indicator.' })
  readonly indicator: string;

  @Field(() => String, { description: 'The time that it refers to: 2024, 2024-Q3 or 2024-03.' })
  readonly period: string;

  @Field(() => DecimalScalar, { nullable: true, description: 'The value; null for a ratio.' })
  readonly value: string | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'The part of a ratio.' })
  readonly numerator: string | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'The whole of a ratio.' })
  readonly denominator: string | null;

  @Field(() => ObsStatusWord, { description: 'SDMX status.' })
  readonly obsStatus: ObsStatus;

  @Field(() => Boolean, { description: 'Whether the source withdraws it.' })
  readonly deleted: boolean;

  constructor(record: Page['records'][number], catalogue: Catalogue) {
    const [entity, measure] = [catalogue.entity(record.entityId), catalogue.measure(record.indicatorId)];
    this.row = record.row;
    this.entity = entity === undefined ? '' : entityKey(entity);
    this.framework = measure?.frameworkCode ?? '';
    this.indicator = measure?.code ?? '';
    this.period = record.period;
    this.value = record.value;
    this.numerator = record.numerator;
    this.denominator = record.denominator;
    this.obsStatus = record.obsStatus;
    this.deleted = record.deleted;
  }
}

@ObjectType({ description: 'A record that a sync would have put into quarantine.', simpleResolvers: true })
class PreviewReject {
  @Field(() => GraphQLInt, { description: 'Index of its row in the page, from 0.' })
  readonly row: number;

  @Field(() => String, { description: 'The rule that refused it, such as `entity`.' })
  readonly rule: string;

  @Field(() => String, { description: 'What is wrong.' })
  readonly message: string;

  @Field(() => String, { description: 'The row as JSON.' })
  readonly raw: string;

  constructor({ row, rule, message, raw }: Page['rejected'][number]) {
    this.row = row;
    this.rule = rule;
    this.message = message;
    this.raw = JSON.stringify(raw) ?? 'null';
  }
}

@ObjectType({ description: 'One page as it came, and what became of it. Secrets are hidden.', simpleResolvers: true })
class PreviewPageType {
  @Field(() => String, { description: 'The stream that it belongs to.' })
  readonly stream: string;

  @Field(() => String, { description: 'The request.' })
  readonly request: string;

  @Field(() => GraphQLInt, { description: 'Status of HTTP.' })
  readonly status: number;

  @Field(() => String, { description: 'The answer, its first 65,536 characters.' })
  readonly body: string;

  @Field(() => Boolean, { description: 'Whether the answer is longer.' })
  readonly bodyCut: boolean;

  @Field(() => DateTimeScalar, { description: 'When it was read.' })
  readonly retrievedAt: Date;

  @ListSize(100)
  @Field(() => [PreviewObservation], { description: 'What a sync would have written.' })
  readonly observations: readonly PreviewObservation[];

  @ListSize(10)
  @Field(() => [PreviewReject], { description: 'What a sync would have refused.' })
  readonly rejects: readonly PreviewReject[];

  @Field(() => GraphQLInt, { description: 'Records that a named rule left out.' })
  readonly skipped: number;

  @Field(() => String, { nullable: true, description: 'Why the stream ends with it; null = it goes on.' })
  readonly stopReason: string | null;

  constructor(page: Page, catalogue: Catalogue) {
    this.stream = page.stream;
    this.request = page.request;
    this.status = page.status;
    this.body = page.body;
    this.bodyCut = page.bodyCut;
    this.retrievedAt = page.retrievedAt;
    this.observations = page.records.map((record) => new PreviewObservation(record, catalogue));
    this.rejects = page.rejected.map((reject) => new PreviewReject(reject));
    this.skipped = page.skipped.length;
    this.stopReason = page.stopReason;
  }
}

@ObjectType({ description: 'Why a preview ended early.', simpleResolvers: true })
class PreviewFailure {
  @Field(() => String, { description: 'A code of the documented table, such as `SYNC_AUTH`.' })
  readonly code: string;

  @Field(() => String, { description: 'What was wrong and what to do.' })
  readonly message: string;

  constructor({ code, message }: { readonly code: string; readonly message: string }) {
    this.code = code;
    this.message = message;
  }
}

@ObjectType({
  description: 'A few pages of a source, as a sync would read them. Nothing was written.',
  simpleResolvers: true,
})
export class SourcePreviewType {
  @ListSize(5)
  @Field(() => [ManifestProblemType], { description: 'What is wrong with the manifest; then there are no pages.' })
  readonly problems: readonly ManifestProblemType[];

  @ListSize(5)
  @Field(() => [PreviewPageType], { description: 'The pages, up to the limit, the end or the failure.' })
  readonly pages: readonly PreviewPageType[];

  @Field(() => PreviewFailure, { nullable: true, description: 'Why it ended early; null = it did not.' })
  readonly failure: PreviewFailure | null;

  constructor({ preview, problems }: Preview, catalogue: Catalogue) {
    this.problems = problems.map((problem) => new ManifestProblemType(problem));
    this.pages = (preview?.pages ?? []).map((page) => new PreviewPageType(page, catalogue));
    const failure = preview?.failure ?? null;
    this.failure = failure === null ? null : new PreviewFailure(failure);
  }
}
