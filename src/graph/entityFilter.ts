import { GraphQLInt } from 'graphql';
import { type ClassType, Field, InputType } from 'type-graphql';
import type { Entity, Succession } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import { entityPosition } from '../snapshot/columns.js';
import type { Condition, Filter } from '../store/condition.js';
import type { LoadedRound, View } from './context.js';
import { readRegion } from './entity.js';
import {
  choiceFilter,
  compileCondition,
  compileFilter,
  DateFilter,
  filterInput,
  type Leaf,
  StringFilter,
} from './filter.js';
import { nameLeaf } from './nameFilter.js';
import { FIGURE_INPUTS, type FigureField, figureReaders } from './scoreFigures.js';
import { measuresOf, refuseTooManyScores, roundsOf, ScoreRange } from './scoreRange.js';
import { EntityLevelWord } from './words.js';

/** Fields that entities are selected by. */
export type EntityField =
  | 'code'
  | 'codeSystem'
  | 'level'
  | 'kind'
  | 'name'
  | 'region'
  | 'validFrom'
  | 'validTo'
  | 'round'
  | 'peerGroup'
  | 'score'
  | 'predecessors'
  | 'successors';

/** More consecutive years than there will be rounds for. */
const MAX_RUNNING = 50;

const ScoreCondition = filterInput<FigureField>('ScoreCondition', 'What a score must be.', FIGURE_INPUTS);

@InputType('ScoreRelation', {
  description:
    'Scores of an entity in a range of rounds and measures, and what must hold of them. Name the rounds by `rounds`, `level` or `years`; without measures it is the index itself. An entity has a score in a round that it takes part in, even without value and rank.',
})
class ScoreRelation extends ScoreRange {
  @Field(() => ScoreCondition, { nullable: true, description: 'At least one score of the range is like this.' })
  some?: Filter<FigureField> | null;

  @Field(() => ScoreCondition, {
    nullable: true,
    description: 'There is a score in the range, and all are like this. No score at all is not enough.',
  })
  every?: Filter<FigureField> | null;

  @Field(() => ScoreCondition, {
    nullable: true,
    description: 'No score of the range is like this; also when there is none.',
  })
  none?: Filter<FigureField> | null;

  @Field(() => GraphQLInt, {
    nullable: true,
    description:
      'With `some`: in that many consecutive years, of rounds of one level, a score of the same measure is like `some`.',
  })
  running?: number | null;
}

@InputType('EntityRelation', { description: 'What must hold of the entities that one is joined to.' })
class EntityRelation {
  @Field(() => EntityFilter, { nullable: true, description: 'At least one is like this.' })
  some?: Filter<EntityField> | null;

  @Field(() => EntityFilter, { nullable: true, description: 'There is one, and all are like this.' })
  every?: Filter<EntityField> | null;

  @Field(() => EntityFilter, { nullable: true, description: 'None is like this; also when there is none.' })
  none?: Filter<EntityField> | null;
}

/** Input of {@link EntityField}s. */
export const EntityFilter: ClassType<Filter<EntityField>> = filterInput<EntityField>(
  'EntityFilter',
  'Selects entities.',
  {
    code: [StringFilter, 'Code within the code system.'],
    codeSystem: [StringFilter, 'The code system.'],
    level: [choiceFilter('EntityLevel', () => EntityLevelWord), 'What kind of body it is.'],
    kind: [StringFilter, 'Administrative type.'],
    name: [StringFilter, 'Its Vietnamese or English name.'],
    region: [StringFilter, 'Its region, as code `RRD` or with code system, `GSO-2004:RRD`.'],
    validFrom: [DateFilter, 'First day.'],
    validTo: [DateFilter, 'Last day; `{ eq: null }` finds those in force.'],
    round: [StringFilter, 'Codes of the rounds that it takes part in, of which one must satisfy.'],
    peerGroup: [StringFilter, 'Codes of the peer groups that it is ranked in, in any round; one must satisfy.'],
    score: [ScoreRelation, 'Its scores.'],
    predecessors: [EntityRelation, 'Entities that became this one.'],
    successors: [EntityRelation, 'Entities that this one became.'],
  },
);

/**
 * Loads the rounds that a filter of entities speaks of; to be awaited before {@link compileEntityFilter}.
 * @throws PlatformError NOT_FOUND; BAD_USER_INPUT when a condition on scores does not say which rounds
 */
export async function loadRelated(view: View, filter: Filter<EntityField> | null | undefined): Promise<void> {
  if (!filter) return;
  const { score, predecessors, successors, and, or, not } = filter;
  if (score) await Promise.all(roundsOf(view, score as ScoreRelation).map((round) => view.load(round)));
  const related = [predecessors, successors].flatMap((each) => {
    const { some, every, none } = (each ?? {}) as EntityRelation;
    return [some, every, none];
  });
  for (const part of [...related, ...(and ?? []), ...(or ?? []), not]) await loadRelated(view, part);
}

/**
 * Turns a filter into a test of entities.
 * @param filter whose rounds are loaded, by {@link loadRelated}
 * @param depth how deep it stands in another filter
 * @throws PlatformError NOT_FOUND, BAD_USER_INPUT, QUERY_TOO_COSTLY
 */
export function compileEntityFilter(
  filter: Filter<EntityField> | null | undefined,
  view: View,
  depth = 0,
): (entity: Entity) => boolean {
  return compileFilter<EntityField, Entity>(
    filter,
    {
      code: ({ code }) => code,
      codeSystem: ({ codeSystem }) => codeSystem,
      level: ({ level }) => level,
      kind: ({ kind }) => kind,
      validFrom: ({ validFrom }) => validFrom,
      validTo: ({ validTo }) => validTo,
      region: regionLeaf(),
      name: nameLeaf(({ name }) => name),
      round: membershipLeaf(view, ({ code }) => code),
      peerGroup: membershipLeaf(view, (_, peerGroupId) => view.catalogue.peerGroup(peerGroupId)?.code ?? ''),
      predecessors: relationLeaf(
        view,
        ({ successorId }) => successorId,
        ({ predecessorId }) => predecessorId,
      ),
      successors: relationLeaf(
        view,
        ({ predecessorId }) => predecessorId,
        ({ successorId }) => successorId,
      ),
      score: { compile: (condition, at) => compileRelation(condition as ScoreRelation, view, at + 1) },
    },
    depth,
  );
}

/** Tests the regions of entities, each region once. */
function regionLeaf(): Leaf<Entity> {
  return {
    compile(condition) {
      const holds = compileCondition(condition as Condition);
      const found = new Map<Entity['region'], boolean>();
      return (entity) => {
        const known = found.get(entity.region);
        if (known !== undefined) return known;
        const isFound = holds(readRegion(entity));
        found.set(entity.region, isFound);
        return isFound;
      };
    },
  };
}

/** Tests what the memberships of entities in rounds are called. */
function membershipLeaf(
  view: View,
  nameOf: (round: LoadedRound['round'], peerGroupId: number) => string,
): Leaf<Entity> {
  return {
    compile(condition) {
      const names = new Map<number, string[]>();
      for (const round of view.catalogue.content.rounds) {
        for (const { peerGroupId, entityIds } of round.groups) {
          const name = nameOf(round, peerGroupId);
          for (const id of entityIds) {
            const known = names.get(id);
            if (known === undefined) names.set(id, [name]);
            else known.push(name);
          }
        }
      }
      const holds = compileCondition(condition as Condition);
      return ({ id }) => holds(names.get(id) ?? null);
    },
  };
}

function relationLeaf(
  view: View,
  from: (succession: Succession) => number,
  to: (succession: Succession) => number,
): Leaf<Entity> {
  return {
    compile(condition, depth) {
      const { some, every, none } = condition as EntityRelation;
      refuseEmpty([some, every, none]);
      const compile = (filter: Filter<EntityField> | null | undefined) =>
        filter ? compileEntityFilter(filter, view, depth + 1) : null;
      const tests = [compile(some), compile(every), compile(none)] as const;
      const related = Map.groupBy(view.catalogue.content.successions, from);
      return ({ id }) => {
        const others = (related.get(id) ?? []).flatMap((each) => view.catalogue.entity(to(each)) ?? []);
        const [hasSome, hasEvery, hasNone] = tests;
        return (
          (hasSome === null || others.some(hasSome)) &&
          (hasEvery === null || (others.length > 0 && others.every(hasEvery))) &&
          !(hasNone !== null && others.some(hasNone))
        );
      };
    },
  };
}

/** One round of a range with the test of its scores. */
interface RelatedRound {
  readonly loaded: LoadedRound;
  readonly measures: readonly number[];
  /** Codes of `measures`. */
  readonly codes: readonly string[];
}

type ScoreTest = (cell: number) => boolean;

function compileRelation(relation: ScoreRelation, view: View, depth: number): (entity: Entity) => boolean {
  const { some, every, none, running } = relation;
  refuseEmpty([some, every, none]);
  const loaded = roundsOf(view, relation).flatMap((round) => {
    const found = view.load(round);
    if (found instanceof Promise) throw new Error(`the round ${round.code} was not loaded before its filter`);
    return found ?? [];
  });
  const ranges = measuresOf(view, loaded, relation, false);
  refuseTooManyScores(ranges);
  const rounds = ranges.map((range): RelatedRound => {
    const codeOf = (measureAt: number) => view.catalogue.measure(range.loaded.columns.measureIds[measureAt] ?? 0)?.code;
    return { ...range, codes: range.measures.map((measureAt) => codeOf(measureAt) ?? '') };
  });
  const testsOf = (filter: Filter<FigureField>): ScoreTest[] =>
    rounds.map(({ loaded: of }) => compileFilter(filter, figureReaders(view, of), depth));
  const tests: ((entityId: number) => boolean)[] = [];
  if (some && typeof running === 'number') tests.push(runningTest(rounds, testsOf(some), running));
  else if (some) tests.push(countTest(rounds, testsOf(some), (matching) => matching > 0));
  else if (typeof running === 'number') throw badRelation('"running" says how often "some" must hold; give "some"');
  if (every) tests.push(countTest(rounds, testsOf(every), (matching, all) => all > 0 && matching === all));
  if (none) tests.push(countTest(rounds, testsOf(none), (matching) => matching === 0));
  return ({ id }) => tests.every((holds) => holds(id));
}

/** Judges how many scores of an entity are as they must be, and how many there are. */
function countTest(
  rounds: readonly RelatedRound[],
  tests: readonly ScoreTest[],
  judge: (matching: number, all: number) => boolean,
): (entityId: number) => boolean {
  return (entityId) => {
    let [matching, all] = [0, 0];
    rounds.forEach(({ loaded: { columns }, measures }, at) => {
      const entityAt = entityPosition(columns, entityId);
      if (entityAt === null) return;
      all += measures.length;
      for (const measureAt of measures) {
        if (tests[at]?.(measureAt * columns.entityIds.length + entityAt)) matching += 1;
      }
    });
    return judge(matching, all);
  };
}

/** Looks for scores of one measure that are as they must be in consecutive years. */
function runningTest(
  rounds: readonly RelatedRound[],
  tests: readonly ScoreTest[],
  running: number,
): (entityId: number) => boolean {
  if (running < 1 || running > MAX_RUNNING)
    throw badRelation(`"running" must be 1 to ${MAX_RUNNING}, received ${running}`);
  const codes = [...new Set(rounds.flatMap((round) => round.codes))];
  const places = rounds.map((round) => new Map(round.codes.map((code, at) => [code, round.measures[at] ?? 0])));
  return (entityId) =>
    codes.some((code) => {
      let length = 0;
      return rounds.some(({ loaded: { columns, round } }, at) => {
        const entityAt = entityPosition(columns, entityId);
        const measureAt = places[at]?.get(code);
        const before = rounds[at - 1]?.loaded.round;
        if (before?.level !== round.level || before.year !== round.year - 1) length = 0;
        const isLike =
          entityAt !== null &&
          measureAt !== undefined &&
          tests[at]?.(measureAt * columns.entityIds.length + entityAt) === true;
        length = isLike ? length + 1 : 0;
        return length >= running;
      });
    });
}

function refuseEmpty(conditions: readonly unknown[]): void {
  if (conditions.every((condition) => !condition)) {
    throw badRelation('a condition on what is related says nothing; give "some", "every" or "none"');
  }
}

function badRelation(problem: string): PlatformError {
  return new PlatformError('BAD_USER_INPUT', `In the filter ${problem}.`);
}
