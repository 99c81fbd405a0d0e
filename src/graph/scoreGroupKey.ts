import { GraphQLInt } from 'graphql';
import { Field, ObjectType } from 'type-graphql';
import {
  ENTITY_LEVELS,
  type Entity,
  type EntityLevel,
  entityKey,
  type PeerGroup,
  type Region,
} from '../domain/entity.js';
import { type Framework, MEASURE_KINDS, type Measure, type MeasureKind } from '../domain/framework.js';
import type { AssessmentRound } from '../domain/round.js';
import type { LoadedRound, View } from './context.js';
import { EntityType } from './entity.js';
import { MeasureType } from './measure.js';
import { PeerGroupType } from './peerGroup.js';
import { RegionType } from './region.js';
import { RoundType } from './round.js';
import { rowFacts } from './rowFacts.js';
import { EntityLevelWord, MeasureKindWord, words } from './words.js';

/** What scores can be grouped by. */
export type ScoreDimension =
  | 'LEVEL'
  | 'YEAR'
  | 'ROUND'
  | 'PEER_GROUP'
  | 'REGION'
  | 'ENTITY'
  | 'KIND'
  | 'MEASURE'
  | 'PILLAR'
  | 'MAIN_INDEX';

/** GraphQL enum of {@link ScoreDimension}. */
export const ScoreDimensionWord = words<ScoreDimension>('ScoreDimension', 'What scores can be grouped by.', {
  LEVEL: 'What kind of body is assessed.',
  YEAR: 'The year of the round.',
  ROUND: 'The round.',
  PEER_GROUP: 'Whom the entity is ranked with in the round.',
  REGION: 'Region of the entity; bodies without one are a group of their own, whose key is null.',
  ENTITY: 'The entity, over all rounds. Under another code system it is another entity.',
  KIND: 'What the measure is in its framework.',
  MEASURE: 'The measure. In another framework it is another one, even under the same code.',
  PILLAR:
    'The pillar that the measure is or counts in. Pillars share the foundation indexes, whose scores count in each of their groups; what is in none has the key null.',
  MAIN_INDEX:
    'The main index that the measure is or counts in; one of several counts in each of their groups, what is in none has the key null.',
});

/** Whether a dimension depends on the measure. */
export function isOfMeasure(dimension: ScoreDimension): boolean {
  return ['KIND', 'MEASURE', 'PILLAR', 'MAIN_INDEX'].includes(dimension);
}

/** A part of a key: what of it comes from the round, from the measure or from the entity of a score. Null = not grouped by, or there is none. */
export interface KeyPart {
  readonly level?: EntityLevel;
  readonly year?: number;
  readonly round?: AssessmentRound;
  readonly peerGroup?: PeerGroup | undefined;
  readonly region?: Region | null;
  readonly entity?: Entity;
  readonly kind?: MeasureKind;
  readonly measure?: Measure;
  readonly pillar?: Measure | null;
  readonly mainIndex?: Measure | null;
  /** For each dimension of the part a text that names its value and sorts as the value does. */
  readonly texts: Readonly<Partial<Record<ScoreDimension, string>>>;
}

/** Numbers parts of keys as they come. */
export class KeyParts {
  readonly #numbers = new Map<string, number>();
  readonly #parts: KeyPart[] = [];

  get count(): number {
    return this.#parts.length;
  }

  /** The number of a part, the same for equal texts. */
  numberOf(part: KeyPart): number {
    const key = JSON.stringify(part.texts);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#parts.push(part) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  at(number: number): KeyPart {
    const part = this.#parts[number];
    if (part === undefined) throw new RangeError(`there is no part ${number} of a key`);
    return part;
  }
}

/** Sorts last: what has no value in a dimension. */
const NONE = '\uffff';

/** What the dimensions make of a round. */
export function roundPart(by: ReadonlySet<ScoreDimension>, round: AssessmentRound): KeyPart {
  const level = String(ENTITY_LEVELS.indexOf(round.level));
  const year = String(round.year).padStart(6, '0');
  return {
    ...(by.has('LEVEL') ? { level: round.level } : {}),
    ...(by.has('YEAR') ? { year: round.year } : {}),
    ...(by.has('ROUND') ? { round } : {}),
    texts: pick(by, { LEVEL: () => level, YEAR: () => year, ROUND: () => `${level}${year} ${round.code}` }),
  };
}

/** What the dimensions make of an entity in a peer group. */
export function entityPart(by: ReadonlySet<ScoreDimension>, entity: Entity, group: PeerGroup | undefined): KeyPart {
  const { region } = entity;
  return {
    ...(by.has('ENTITY') ? { entity } : {}),
    ...(by.has('REGION') ? { region } : {}),
    ...(by.has('PEER_GROUP') ? { peerGroup: group } : {}),
    texts: pick(by, {
      ENTITY: () => entityKey(entity),
      REGION: () => (region === null ? NONE : `${region.codeSystem}:${region.code}`),
      PEER_GROUP: () => group?.code ?? NONE,
    }),
  };
}

/** What the dimensions make of a measure: several parts when it counts in several pillars or main indexes. */
export function measureParts(by: ReadonlySet<ScoreDimension>, framework: Framework, measure: Measure): KeyPart[] {
  const above = (dimension: ScoreDimension, kind: MeasureKind): readonly (Measure | null)[] => {
    if (!by.has(dimension)) return [null];
    const found = ancestorsOf(framework, measure).filter((each) => each.kind === kind);
    return found.length === 0 ? [null] : found;
  };
  return above('PILLAR', 'PILLAR').flatMap((pillar) =>
    above('MAIN_INDEX', 'MAIN_INDEX').map((mainIndex) => ({
      ...(by.has('KIND') ? { kind: measure.kind } : {}),
      ...(by.has('MEASURE') ? { measure } : {}),
      ...{ pillar, mainIndex },
      texts: pick(by, {
        KIND: () => String(MEASURE_KINDS.indexOf(measure.kind)),
        MEASURE: () => measureText(measure),
        PILLAR: () => measureText(pillar),
        MAIN_INDEX: () => measureText(mainIndex),
      }),
    })),
  );
}

function pick(
  by: ReadonlySet<ScoreDimension>,
  texts: Readonly<Partial<Record<ScoreDimension, () => string>>>,
): Partial<Record<ScoreDimension, string>> {
  const asked = Object.entries(texts).filter(([dimension]) => by.has(dimension as ScoreDimension));
  return Object.fromEntries(asked.map(([dimension, text]) => [dimension, text()]));
}

function measureText(measure: Measure | null): string {
  return measure === null
    ? NONE
    : `${measure.frameworkCode} ${String(measure.position).padStart(6, '0')} ${measure.code}`;
}

/** The measure itself and all that it counts in, in framework order. */
function ancestorsOf({ edges, measures }: Framework, measure: Measure): Measure[] {
  const ids = new Set([measure.id]);
  // A set is walked in the order of insertion, with what is added on the way.
  for (const id of ids) for (const { parentId, childId } of edges) if (childId === id) ids.add(parentId);
  return measures.filter(({ id }) => ids.has(id));
}

/** The number of the part of each entity of a round; -1 = it is not there any more. */
export function entityPartsOf(
  by: ReadonlySet<ScoreDimension>,
  view: View,
  loaded: LoadedRound,
  parts: KeyParts,
): Int32Array {
  const { groupOf } = loaded.columns;
  const [isEach, isByRegion, isByGroup] = [by.has('ENTITY'), by.has('REGION'), by.has('PEER_GROUP')];
  // Entities of one region and peer group share a part, so that few parts are made of thousands of entities.
  const known = new Map<number, Map<unknown, number>>();
  const numbers = new Int32Array(groupOf.length).fill(-1);
  rowFacts(view, loaded).entities.forEach((entity, entityAt) => {
    if (entity === undefined) return;
    const groupId = groupOf[entityAt] ?? 0;
    const inGroup = known.get(isByGroup ? groupId : 0) ?? new Map<unknown, number>();
    known.set(isByGroup ? groupId : 0, inGroup);
    const key = isEach ? entity : isByRegion ? entity.region : null;
    const number = inGroup.get(key) ?? parts.numberOf(entityPart(by, entity, view.catalogue.peerGroup(groupId)));
    inGroup.set(key, number);
    numbers[entityAt] = number;
  });
  return numbers;
}

@ObjectType('ScoreGroupKey', {
  description: 'What the scores of a group have in common. What is not grouped by is null.',
  simpleResolvers: true,
})
export class ScoreGroupKeyType {
  @Field(() => EntityLevelWord, { nullable: true, description: 'By LEVEL: what is assessed.' })
  readonly level: EntityLevel | null;

  @Field(() => GraphQLInt, { nullable: true, description: 'By YEAR: the year of the rounds.' })
  readonly year: number | null;

  @Field(() => MeasureKindWord, { nullable: true, description: 'By KIND: what the measures are.' })
  readonly kind: MeasureKind | null;

  readonly #part: Partial<KeyPart>;
  readonly #view: View;

  constructor(part: Partial<KeyPart>, view: View) {
    this.level = part.level ?? null;
    this.year = part.year ?? null;
    this.kind = part.kind ?? null;
    this.#part = part;
    this.#view = view;
  }

  @Field(() => RoundType, { nullable: true, description: 'By ROUND: the round.' })
  round(): RoundType | null {
    const { round } = this.#part;
    return round ? new RoundType(round, this.#view) : null;
  }

  @Field(() => PeerGroupType, { nullable: true, description: 'By PEER_GROUP: who is ranked together.' })
  peerGroup(): PeerGroupType | null {
    const { peerGroup } = this.#part;
    return peerGroup ? new PeerGroupType(peerGroup) : null;
  }

  @Field(() => RegionType, { nullable: true, description: 'By REGION: the region; null for bodies without one.' })
  region(): RegionType | null {
    const { region } = this.#part;
    return region ? new RegionType(region) : null;
  }

  @Field(() => EntityType, { nullable: true, description: 'By ENTITY: who was scored.' })
  entity(): EntityType | null {
    const { entity } = this.#part;
    return entity ? new EntityType(entity, this.#view) : null;
  }

  @Field(() => MeasureType, { nullable: true, description: 'By MEASURE: what was scored.' })
  measure(): MeasureType | null {
    return this.#toMeasure(this.#part.measure);
  }

  @Field(() => MeasureType, { nullable: true, description: 'By PILLAR: the pillar; null for measures in none.' })
  pillar(): MeasureType | null {
    return this.#toMeasure(this.#part.pillar);
  }

  @Field(() => MeasureType, {
    nullable: true,
    description: 'By MAIN_INDEX: the main index; null for measures in none.',
  })
  mainIndex(): MeasureType | null {
    return this.#toMeasure(this.#part.mainIndex);
  }

  #toMeasure(measure: Measure | null | undefined): MeasureType | null {
    return measure ? new MeasureType(measure, this.#view) : null;
  }
}
