import { GraphQLFloat, GraphQLInt } from 'graphql';
import { Arg, Args, Ctx, Field, FieldResolver, ObjectType, Query, Resolver, Root } from 'type-graphql';
import type { Certainty } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import type { Framework, Measure, MeasureKind } from '../domain/framework.js';
import type { SourceKind } from '../domain/source.js';
import { askOtherCase } from '../domain/text.js';
import type { Filter } from '../store/condition.js';
import { openPage, ReadPageArgs } from './at.js';
import { connectionType, showPage, slicePage } from './connection.js';
import { type GraphContext, type View } from './context.js';
import { ListSize, Scan } from './cost.js';
import { choiceFilter, compileFilter, FloatFilter, filterInput, type Readers, StringFilter } from './filter.js';
import { FrameworkType } from './framework.js';
import { LangArg, nameIn } from './name.js';
import { NodeType } from './node.js';
import { ScoringRuleType } from './scoringRule.js';
import { SEARCH, searchRows } from './search.js';
import { Reads } from './volatile.js';
import { CertaintyWord, type Lang, MeasureKindWord, SourceKindWord } from './words.js';

/** Measures of each kind in the largest framework. */
const MEASURE_COUNTS: Readonly<Record<MeasureKind, number>> = { INDEX: 1, PILLAR: 3, MAIN_INDEX: 9, INDICATOR: 98 };

/** Children of the largest main index. */
export const MAX_CHILDREN = 29;

/** How many measures of a kind a framework has at most, before it is known which framework; no kind = of all kinds. */
export function countMeasures(kind: unknown): number {
  const counts = new Map<unknown, number>(Object.entries(MEASURE_COUNTS));
  return counts.get(kind) ?? [...counts.values()].reduce((sum, count) => sum + count, 0);
}

@ObjectType('Measure', {
  description: 'A node of a framework: the index, a pillar, a main index or an indicator.',
  implements: NodeType,
  simpleResolvers: true,
})
export class MeasureType implements NodeType {
  get id(): string {
    return `Measure:${this.measure.frameworkCode}:${this.measure.code}`;
  }

  @Field(() => String, { description: 'Unique within its framework only; `INDEX` is the index itself.' })
  get code(): string {
    return this.measure.code;
  }

  @Field(() => MeasureKindWord, { description: 'What it is in its framework.' })
  get kind(): MeasureKind {
    return this.measure.kind;
  }

  @Field(() => GraphQLFloat, { description: 'Points that can be earned; 0 = collected but not scored.' })
  get maxPoints(): number {
    return this.measure.maxPoints;
  }

  @Field(() => GraphQLInt, { description: 'Order of the framework document, 0-based.' })
  get position(): number {
    return this.measure.position;
  }

  @Field(() => CertaintyWord, { description: 'How sure its points and formula are.' })
  get certainty(): Certainty {
    return this.measure.certainty;
  }

  constructor(
    readonly measure: Measure,
    readonly view: View,
  ) {}

  @Field(() => String, { description: 'Its name.' })
  name(@LangArg() lang: Lang | null): string {
    return nameIn(this.measure.name, lang);
  }

  @Field(() => FrameworkType, { description: 'The framework that it belongs to.' })
  framework(): FrameworkType {
    return new FrameworkType(frameworkOf(this), this.view);
  }

  @ListSize(4)
  @Field(() => [MeasureType], {
    description: 'Measures that its points count in, in framework order. A main index has several.',
  })
  parents(): MeasureType[] {
    return this.#related(({ parentId, childId }) => (childId === this.measure.id ? parentId : null));
  }

  @ListSize(MAX_CHILDREN)
  @Field(() => [MeasureType], {
    description: 'Measures whose points count in it, in framework order; none for an indicator.',
  })
  children(): MeasureType[] {
    return this.#related(({ parentId, childId }) => (parentId === this.measure.id ? childId : null));
  }

  @ListSize(50)
  @Field(() => [MeasureType], { description: 'All indicators below it, in framework order; none for an indicator.' })
  indicators(): MeasureType[] {
    const below = new Set<number>([this.measure.id]);
    const { edges, measures } = frameworkOf(this);
    for (const id of below) for (const { parentId, childId } of edges) if (parentId === id) below.add(childId);
    below.delete(this.measure.id);
    return measures
      .filter(({ id, kind }) => kind === 'INDICATOR' && below.has(id))
      .map((measure) => new MeasureType(measure, this.view));
  }

  #related(pick: (edge: Framework['edges'][number]) => number | null): MeasureType[] {
    const { edges, measures } = frameworkOf(this);
    const ids = new Set(edges.map(pick));
    return measures.filter(({ id }) => ids.has(id)).map((measure) => new MeasureType(measure, this.view));
  }

  @Field(() => ScoringRuleType, { nullable: true, description: 'How its figure is scored; null unless an indicator.' })
  rule(): ScoringRuleType | null {
    return this.measure.indicator === null ? null : new ScoringRuleType(this.measure.indicator.rule);
  }

  @Field(() => GraphQLInt, {
    nullable: true,
    description: '1, or -1 when a higher value is worse; null unless an indicator.',
  })
  direction(): number | null {
    return this.measure.indicator?.direction ?? null;
  }

  @Field(() => String, {
    nullable: true,
    description: 'Unit of its figures, such as `percent`; null unless an indicator.',
  })
  unitOfMeasure(): string | null {
    return this.measure.indicator?.unitOfMeasure ?? null;
  }

  @Field(() => SourceKindWord, {
    nullable: true,
    description: 'The kind of source that the framework wants its figure from; null unless an indicator.',
  })
  intendedSourceKind(): SourceKind | null {
    return this.measure.indicator?.intendedSourceKind ?? null;
  }

  @Field(() => String, {
    nullable: true,
    description: 'Key of the national system that should deliver it, such as `einvoice`; null = reported or surveyed.',
  })
  intendedSourceSystem(): string | null {
    return this.measure.indicator?.sourceSystem ?? null;
  }

  @Field(() => String, {
    nullable: true,
    description: 'What the numerator of its ratio counts, in English where there is no other; null for other rules.',
  })
  numeratorLabel(@LangArg('label') lang: Lang | null): string | null {
    const { numeratorLabel: en = null, numeratorLabelVi: vi = en } = this.measure.indicator ?? {};
    return lang === 'VI' ? vi : en;
  }

  @Field(() => String, {
    nullable: true,
    description: 'What the denominator of its ratio counts, in English where there is no other; null for other rules.',
  })
  denominatorLabel(@LangArg('label') lang: Lang | null): string | null {
    const { denominatorLabel: en = null, denominatorLabelVi: vi = en } = this.measure.indicator ?? {};
    return lang === 'VI' ? vi : en;
  }

  @Field(() => CertaintyWord, { nullable: true, description: 'How sure its name is; null unless an indicator.' })
  nameCertainty(): Certainty | null {
    return this.measure.indicator?.nameCertainty ?? null;
  }
}

function frameworkOf({ measure, view }: MeasureType): Framework {
  const framework = view.catalogue.framework(measure.frameworkCode);
  if (framework === undefined) throw new Error(`measure ${measure.id} is in no framework`);
  return framework;
}

/**
 * A measure of a framework.
 * @throws PlatformError NOT_FOUND that names the measures above the indicators
 */
export function findMeasure(view: View, frameworkCode: string, code: string): Measure {
  const found = view.catalogue.measureByCode(frameworkCode, code);
  if (found !== undefined) return found;
  const measures = view.catalogue.framework(frameworkCode)?.measures ?? [];
  const known = measures.filter(({ kind }) => kind !== 'INDICATOR').map((measure) => measure.code);
  const meant = askOtherCase(
    code,
    measures.map((measure) => measure.code),
  );
  throw new PlatformError(
    'NOT_FOUND',
    `The framework ${frameworkCode} has no measure "${code}".${meant} It has ${known.join(', ')} and the indicators below them.`,
    { details: { known } },
  );
}

type MeasureField = 'framework' | 'code' | 'kind' | 'name' | 'maxPoints';

export const MeasureKindFilter = choiceFilter('MeasureKind', () => MeasureKindWord);

const MeasureFilter = filterInput<MeasureField>('MeasureFilter', 'Selects measures.', {
  framework: [StringFilter, 'Code of the framework.'],
  code: [StringFilter, 'Code within the framework.'],
  kind: [MeasureKindFilter, 'What it is in its framework.'],
  name: [StringFilter, 'Its Vietnamese or English name.'],
  maxPoints: [FloatFilter, 'Points that can be earned.'],
});

const MEASURE_READERS: Readers<MeasureField, Measure> = {
  framework: ({ frameworkCode }) => frameworkCode,
  code: ({ code }) => code,
  kind: ({ kind }) => kind,
  name: ({ name }) => [name.vi, name.en],
  maxPoints: ({ maxPoints }) => maxPoints,
};

const MeasureConnection = connectionType('Measure', () => MeasureType, 'Measures, by framework, in framework order.');
type MeasureConnection = InstanceType<typeof MeasureConnection>;

/** Fields that lead to measures. */
@Resolver(() => FrameworkType)
export class MeasureResolver {
  @ListSize(({ kind }) => countMeasures(kind))
  @FieldResolver(() => [MeasureType], { name: 'measures', description: 'Its measures, in framework order.' })
  frameworkMeasures(
    @Root() { framework, view }: FrameworkType,
    @Arg('kind', () => MeasureKindWord, { nullable: true, description: 'Only measures of this kind.' })
    kind: MeasureKind | null,
  ): MeasureType[] {
    const measures = framework.measures.filter((measure) => !kind || measure.kind === kind);
    return measures.map((measure) => new MeasureType(measure, view));
  }

  @Scan(181)
  @Reads('RESULTS')
  @Query(() => MeasureConnection, { description: 'The measures of all frameworks.' })
  async measures(
    @Args(() => ReadPageArgs) args: ReadPageArgs,
    @Arg('framework', () => String, {
      nullable: true,
      description: 'Only measures of this framework, such as `PDTI-922`.',
    })
    framework: string | null,
    @Arg('filter', () => MeasureFilter, { nullable: true, description: 'Which measures.' })
    filter: Filter<MeasureField> | null,
    @Arg('search', () => String, SEARCH) search: string | null,
    @Ctx() context: GraphContext,
  ): Promise<MeasureConnection> {
    const { view, position, size } = await openPage(context, args, 'measures');
    const matches = compileFilter(filter, MEASURE_READERS);
    const all = view.catalogue.content.frameworks
      .filter(({ code }) => !framework || code === framework)
      .flatMap(({ measures }) => measures.filter(matches));
    const found = searchRows(all, search, ({ name, code }) => ({ name, codes: [code] }));
    const page = slicePage(found, (measure) => new MeasureType(measure, view).id, position, size);
    return new MeasureConnection(
      showPage(
        page,
        (measure) => new MeasureType(measure, view),
        ({ id }) => id,
      ),
    );
  }
}
