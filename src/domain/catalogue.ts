import { type Entity, entityKey, type PeerGroup, type Region, type Succession } from './entity.js';
import { PlatformError } from './errors.js';
import type { Framework, Measure } from './framework.js';
import type { MergePolicy } from './mergePolicy.js';
import type { AssessmentRound } from './round.js';
import type { PublishedReference } from './snapshot.js';

/** What a catalogue is made of. */
export interface CatalogueContent {
  readonly regions: readonly Region[];
  readonly entities: readonly Entity[];
  readonly successions: readonly Succession[];
  readonly peerGroups: readonly PeerGroup[];
  readonly frameworks: readonly Framework[];
  readonly rounds: readonly AssessmentRound[];
  /** Newest version of each policy last. */
  readonly policies: readonly MergePolicy[];
  readonly references: readonly PublishedReference[];
}

/** The reference data in memory, immutable: a few thousand rows that every query touches. A change of reference data makes a new catalogue. */
export class Catalogue {
  readonly #entityById: ReadonlyMap<number, Entity>;
  readonly #entityByKey: ReadonlyMap<string, Entity>;
  readonly #entitiesByCode: ReadonlyMap<string, readonly Entity[]>;
  readonly #measureById: ReadonlyMap<number, Measure>;
  readonly #measureByCode: ReadonlyMap<string, Measure>;
  readonly #frameworkByCode: ReadonlyMap<string, Framework>;
  readonly #roundById: ReadonlyMap<number, AssessmentRound>;
  readonly #roundByCode: ReadonlyMap<string, AssessmentRound>;
  readonly #groupById: ReadonlyMap<number, PeerGroup>;
  #previous: ReadonlyMap<number, AssessmentRound> | null = null;

  constructor(readonly content: CatalogueContent) {
    this.#entityById = new Map(content.entities.map((entity) => [entity.id, entity]));
    this.#entityByKey = new Map(content.entities.map((entity) => [entityKey(entity), entity]));
    this.#entitiesByCode = Map.groupBy(content.entities, (entity) => entity.code);
    const measures = content.frameworks.flatMap((framework) => framework.measures);
    this.#measureById = new Map(measures.map((measure) => [measure.id, measure]));
    this.#measureByCode = new Map(measures.map((measure) => [`${measure.frameworkCode}:${measure.code}`, measure]));
    this.#frameworkByCode = new Map(content.frameworks.map((framework) => [framework.code, framework]));
    this.#roundById = new Map(content.rounds.map((round) => [round.id, round]));
    this.#roundByCode = new Map(content.rounds.map((round) => [round.code, round]));
    this.#groupById = new Map(content.peerGroups.map((group) => [group.id, group]));
  }

  entity(id: number): Entity | undefined {
    return this.#entityById.get(id);
  }

  /** @param key such as `GSO-2004:74` */
  entityByKey(key: string): Entity | undefined {
    return this.#entityByKey.get(key);
  }

  /**
   * The entity with this code.
   * @param codeSystem null = whichever has it, if only one does
   * @returns undefined when there is none
   * @throws PlatformError AMBIGUOUS_CODE that lists the entities, when the code alone names several
   */
  findEntity(code: string, codeSystem: string | null): Entity | undefined {
    const found = (this.#entitiesByCode.get(code) ?? []).filter(
      (entity) => codeSystem === null || entity.codeSystem === codeSystem,
    );
    if (found.length <= 1) return found[0];
    const candidates = found.map((entity) => ({
      codeSystem: entity.codeSystem,
      code: entity.code,
      name: entity.name.en,
    }));
    const list = candidates.map((each) => `${each.codeSystem}:${each.code} (${each.name})`).join(', ');
    throw new PlatformError('AMBIGUOUS_CODE', `The code "${code}" names several entities: ${list}. Give codeSystem.`, {
      details: { candidates },
    });
  }

  measure(id: number): Measure | undefined {
    return this.#measureById.get(id);
  }

  measureByCode(frameworkCode: string, code: string): Measure | undefined {
    return this.#measureByCode.get(`${frameworkCode}:${code}`);
  }

  /** The framework with this code. A code has one version: another version of a framework has a code of its own, such as PDTI-405. */
  framework(code: string): Framework | undefined {
    return this.#frameworkByCode.get(code);
  }

  round(id: number): AssessmentRound | undefined {
    return this.#roundById.get(id);
  }

  roundByCode(code: string): AssessmentRound | undefined {
    return this.#roundByCode.get(code);
  }

  peerGroup(id: number): PeerGroup | undefined {
    return this.#groupById.get(id);
  }

  /** The newest version of the policy that is in force. */
  get policy(): MergePolicy {
    const policy = this.content.policies.at(-1);
    if (policy === undefined) throw new PlatformError('MERGE_POLICY_INVALID', 'No merge policy is loaded.');
    return policy;
  }

  /** The round of the same level, a year earlier, that assessed the same territory (code system); undefined = none. */
  previousRound(round: AssessmentRound): AssessmentRound | undefined {
    return this.#previousRounds().get(round.id);
  }

  /** For each round that has one, its {@link previousRound}; every reader of a round asks for it. */
  #previousRounds(): ReadonlyMap<number, AssessmentRound> {
    if (this.#previous !== null) return this.#previous;
    const { rounds } = this.content;
    const systemOf = ({ groups }: AssessmentRound) => {
      const first = groups.find(({ entityIds }) => entityIds.length > 0)?.entityIds[0];
      return first === undefined ? undefined : this.entity(first)?.codeSystem;
    };
    const previous = new Map<number, AssessmentRound>();
    for (const round of rounds) {
      const before = rounds.find(({ level, year }) => level === round.level && year === round.year - 1);
      const system = systemOf(round);
      if (before !== undefined && system !== undefined && systemOf(before) === system) previous.set(round.id, before);
    }
    this.#previous = previous;
    return previous;
  }
}
