import { isDeepStrictEqual } from 'node:util';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Catalogue } from '../domain/catalogue.js';
import { entityKey } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import type { Framework } from '../domain/framework.js';
import type { MergePolicy } from '../domain/mergePolicy.js';
import type { Observation } from '../domain/observation.js';
import type { AssessmentRound } from '../domain/round.js';
import type { SnapshotColumns } from '../domain/snapshot.js';
import { isAutomatic } from '../domain/source.js';
import { type HashedFigure, InputDigest } from '../scoring/inputHash.js';
import { ScoreBoard, type ScoringGroup } from '../scoring/scoreBoard.js';
import type { ScoringProblem } from '../scoring/scoreIndicators.js';
import { ResultDigest } from '../snapshot/resultHash.js';
import {
  readChangedFigures,
  readFigureObservations,
  readRoundObservations,
  readSourceNames,
  type SourceName,
} from '../store/roundObservation.js';
import { FigureTable } from './figureTable.js';
import { mergeRound } from './mergeRound.js';

/** Entities whose observations are read at a time: 50,000 rows of communes, so that a million are never in memory at once. */
const ENTITIES_PER_READ = 500;
/** With more changed figures than this share of a round, reading it anew is cheaper. */
const MOST_CHANGED = 0.2;
const LEAST_LIMIT = 1000;

/** What a round is computed from besides its observations. */
export interface RoundMethod {
  readonly catalogue: Catalogue;
  readonly round: AssessmentRound;
  readonly framework: Framework;
  readonly policy: MergePolicy;
}

/** A result with its hashes. */
export interface Evaluation {
  readonly columns: SnapshotColumns;
  readonly problems: readonly ScoringProblem[];
  /** Self-reports that differ from a measurement beyond the policy's tolerance. */
  readonly discrepancies: number;
  readonly inputHash: string;
  readonly resultHash: string;
}

/**
 * One round as it is at a revision: its chosen figures, points and the parts of its hashes. It moves to a later revision by reading the figures that
 * changed since, and gives there what reading everything would give.
 *
 * Nothing in it is taken on trust: every observation carries the revision at which it became visible, and revisions become visible in their order, so
 * what lies after the revision that it stands at is exactly what it does not know yet. Sources and reference data, which have no such order, are compared.
 */
export class HeldRound {
  readonly #method: RoundMethod;
  readonly #entityIds: readonly number[];
  readonly #figures: FigureTable;
  readonly #board: ScoreBoard;
  readonly #input: InputDigest;
  #result: ResultDigest | null = null;
  #sources: ReadonlyMap<number, SourceName>;
  #revision: number;
  /** Entities and indicators whose figures changed since the last evaluation; null = all. */
  #changed: { readonly entityIds: Set<number>; readonly indicatorIds: Set<number> } | null = null;

  private constructor(method: RoundMethod, sources: ReadonlyMap<number, SourceName>, revision: number) {
    const { round, framework, policy } = method;
    this.#method = method;
    this.#sources = sources;
    this.#revision = revision;
    this.#entityIds = round.groups.flatMap(({ entityIds }) => entityIds);
    const indicatorIds = framework.measures.flatMap(({ id, kind }) => (kind === 'INDICATOR' ? [id] : []));
    this.#figures = new FigureTable(this.#entityIds, indicatorIds);
    this.#board = new ScoreBoard(framework, groupsOf(method));
    const groups = groupsOf(method).map(({ peerGroupCode, entityIds }) => ({
      peerGroupCode,
      entityKeys: entityIds.map((id) => keyOf(method, id)),
    }));
    this.#input = new InputDigest({ framework, policy, groups });
  }

  /**
   * Reads all observations of a round that were known at a revision.
   * @throws PlatformError NOT_FOUND when something is not in the reference data that would have to be in the hashes; METHOD_*, MERGE_*
   */
  static async read(em: SqlEntityManager, method: RoundMethod, revision: number): Promise<HeldRound> {
    const held = new HeldRound(method, await readSources(em), revision);
    for (let from = 0; from < held.#entityIds.length; from += ENTITIES_PER_READ) {
      const entityIds = held.#entityIds.slice(from, from + ENTITIES_PER_READ);
      held.#merge(await readRoundObservations(em, entityIds, method.round.year, revision));
    }
    return held;
  }

  get byteLength(): number {
    return this.#figures.byteLength + this.#board.byteLength;
  }

  /**
   * Moves to a later revision by what changed.
   * @returns false when that cannot be told: then it has to be read anew, and this one must not be used any more
   */
  async advance(em: SqlEntityManager, method: RoundMethod, revision: number): Promise<boolean> {
    if (revision < this.#revision || !isSameMethod(this.#method, method)) return false;
    const sources = await readSources(em);
    for (const { id, key, kind } of this.#sources.values()) {
      const now = sources.get(id);
      if (now?.key !== key || now.kind !== kind) return false;
    }
    const { year } = method.round;
    const limit = Math.max(LEAST_LIMIT, this.#figures.size * MOST_CHANGED);
    const changed = await readChangedFigures(em, year, this.#revision, revision, Math.floor(limit));
    if (changed === null) return false;
    const own = changed.filter(({ entityId, indicatorId }) => this.#figures.has(entityId, indicatorId));
    if (own.length > 0) this.#merge(await readFigureObservations(em, own, year, revision));
    for (const { entityId, indicatorId } of own) {
      this.#changed?.entityIds.add(entityId);
      this.#changed?.indicatorIds.add(indicatorId);
    }
    this.#sources = sources;
    this.#revision = revision;
    return true;
  }

  /** Scores, ranks and hashes what changed since the last time. */
  evaluate(): Evaluation {
    const changed = this.#changed;
    const { columns, problems, scored } = this.#board.score(
      (entityId, indicatorId) =>
        this.#figures.scored(entityId, indicatorId, (id) => isAutomatic(this.#source(id).kind)),
      changed?.indicatorIds ?? null,
    );
    for (const entityId of changed?.entityIds ?? this.#entityIds) {
      this.#input.put(keyOf(this.#method, entityId), this.#hashedFigures(entityId));
    }
    this.#result ??= new ResultDigest(
      columns,
      this.#entityIds.map((id) => keyOf(this.#method, id)),
      [...columns.measureIds].map((id) => this.#codeOf(id)),
    );
    const resultHash = this.#result.hash(columns, changed === null ? null : scored);
    this.#changed = { entityIds: new Set(), indicatorIds: new Set() };
    return {
      ...{ columns, problems, resultHash },
      discrepancies: this.#figures.discrepancies,
      inputHash: this.#input.hash(),
    };
  }

  #merge(observations: readonly Observation[]): void {
    mergeRound(observations, this.#method.policy, (entityId, indicatorId, merged) =>
      this.#figures.put(entityId, indicatorId, merged),
    );
  }

  #hashedFigures(entityId: number): HashedFigure[] {
    const entity = keyOf(this.#method, entityId);
    return this.#figures.chosenOf(entityId).map(({ indicatorId, sourceId, ...figure }) => {
      const { key, kind } = this.#source(sourceId);
      return {
        ...figure,
        entityKey: entity,
        indicatorCode: this.#codeOf(indicatorId),
        sourceKey: key,
        sourceKind: kind,
      };
    });
  }

  #source(id: number): SourceName {
    return need(this.#sources.get(id), 'source', id);
  }

  #codeOf(measureId: number): string {
    return need(this.#method.catalogue.measure(measureId), 'measure', measureId).code;
  }
}

/** The key of an entity, `GSO-2004:74`. */
export function keyOf({ catalogue }: Pick<RoundMethod, 'catalogue'>, entityId: number): string {
  return entityKey(need(catalogue.entity(entityId), 'entity', entityId));
}

function groupsOf({ catalogue, round }: RoundMethod): ScoringGroup[] {
  return round.groups.map(({ peerGroupId, entityIds }) => ({
    peerGroupId,
    peerGroupCode: need(catalogue.peerGroup(peerGroupId), 'peer group', peerGroupId).code,
    entityIds,
  }));
}

/** Each change of reference data makes a new catalogue, most of them with the round as it was. */
function isSameMethod(one: RoundMethod, other: RoundMethod): boolean {
  const isAlike = (['catalogue', 'round', 'framework', 'policy'] as const).every((part) => one[part] === other[part]);
  if (isAlike) return true;
  const describe = (method: RoundMethod) => ({
    groups: groupsOf(method),
    keys: method.round.groups.flatMap(({ entityIds }) => entityIds.map((id) => keyOf(method, id))),
    year: method.round.year,
    framework: method.framework,
    policy: method.policy,
  });
  return isDeepStrictEqual(describe(one), describe(other));
}

async function readSources(em: SqlEntityManager): Promise<ReadonlyMap<number, SourceName>> {
  return new Map((await readSourceNames(em)).map((source) => [source.id, source]));
}

function need<Found>(found: Found | undefined, what: string, id: number): Found {
  if (found === undefined) throw new PlatformError('NOT_FOUND', `There is no ${what} ${id} in the reference data.`);
  return found;
}
