import type { Figure } from './arithmetic.js';
import { chooseFigures } from './figureSet.js';
import type { Framework } from './framework.js';
import { scoredIndexes } from './framework.js';
import { chooseInstitutions, type Institutions, institutionsBetween, institutionsValue } from './institution.js';
import type { Plan } from './plan.js';
import { drawProfile, type Profile } from './profile.js';
import { randomFor } from './random.js';
import type { Reference } from './reference.js';
import { cell, required } from './required.js';
import { type Solved, solveTargets } from './target.js';

/** One peer group in one year, ready to be solved. */
export interface RoundOrder {
  readonly framework: Framework;
  /** 'PROVINCE' or the code of a peer group of ministries. */
  readonly group: string;
  readonly year: number;
  readonly plan: Plan;
  readonly references: readonly Reference[];
  readonly counts: (entity: string) => Map<string, number>;
  readonly closing: string;
  /** Cells whose main index is exactly 1. */
  readonly full: ReadonlySet<string>;
  /** Smallest gaps, margins and bounds; see Wishes. */
  readonly overallGap: number;
  readonly measureGap: number;
  readonly printMargin: number;
  readonly highest: number;
  readonly seats: ReadonlyMap<string, string>;
  readonly leader: string | null;
  /** The solved round of 2022, null while it is solved itself. */
  readonly middle: SolvedRound | null;
}

/** A solved round with its figures. */
export interface SolvedRound {
  readonly solved: Solved;
  readonly institutions: ReadonlyMap<string, Institutions>;
  readonly figures: Map<string, Map<string, Figure>>;
  /** Who has the best value of each indicator scored relative to the best. */
  readonly owners: ReadonlyMap<string, string>;
}

/** A body rises by at least this between two years. */
const RISE = 0.004;

/**
 * Solves the main index values of one peer group and year and chooses figures that earn them.
 * @throws Error when the published values cannot be met together
 */
export async function solveRound(order: RoundOrder): Promise<SolvedRound> {
  const { framework, year, plan, references, middle } = order;
  const indexes = new Set(scoredIndexes(framework).map(({ code }) => code));
  const printed = new Map(
    references
      .filter((row) => row.score !== null && indexes.has(row.measure))
      .map((row) => [cell(row.entityCode, row.measure), row.score ?? 0]),
  );
  const known = new Map([...printed, ...[...order.full].map((key): [string, number] => [key, 1])]);
  const profile = drawProfile(year, scoredIndexes(framework), plan.aim, known, middle?.solved.profile ?? null);
  const institutions = chooseAllInstitutions(order, profile);
  const fixed = new Map(
    [...institutions].map(([entity, chosen]) => [cell(entity, 'INSTITUTIONS'), institutionsValue(chosen)]),
  );
  for (const key of order.full) fixed.set(key, 1);
  const neighbours = middle?.solved.overall ?? new Map<string, number>();
  const solved = await solveTargets(`${order.group} ${year}`, framework, plan, profile, references, {
    fixed,
    printMargin: order.printMargin,
    overallGap: order.overallGap,
    measureGap: order.measureGap,
    lowest: 0.025,
    highest: order.highest,
    ceiling: year === 2021 ? new Map([...neighbours].map(([entity, value]) => [entity, value - RISE])) : new Map(),
    floor: year === 2023 ? new Map([...neighbours].map(([entity, value]) => [entity, value + RISE])) : new Map(),
    seats: order.seats,
    leader: order.leader,
  });
  const { figures, owners } = chooseFigures({
    framework,
    group: order.group,
    year,
    entities: [...plan.order].sort(),
    targets: solved.profile,
    institutions,
    counts: order.counts,
    full: order.full,
    fine: new Set(references.filter((row) => row.score !== null).map((row) => row.entityCode)),
    closing: order.closing,
    printed: new Set(printed.keys()),
    owners: middle?.owners ?? null,
  });
  return { solved, institutions, figures, owners };
}

/**
 * Chooses the state of INSTITUTIONS of every body: printed values exactly, the leader and a published first rank at the top, a
 * published rank in between by the gap it falls into, the others near their profile.
 */
function chooseAllInstitutions(order: RoundOrder, profile: Profile): Map<string, Institutions> {
  const { year, plan, references, middle } = order;
  const chosen = new Map<string, Institutions>();
  const ranks = new Map(
    references
      .filter((row) => row.measure === 'INSTITUTIONS' && row.rank !== null)
      .map((row) => [row.entityCode, row.rank ?? 0]),
  );
  const prints = new Map(
    references.filter((row) => row.measure === 'INSTITUTIONS').map((row) => [row.entityCode, row.score]),
  );
  const hasTop = order.leader !== null || [...ranks.values()].includes(1);
  for (const entity of plan.order) {
    const random = randomFor('institutions', year, entity);
    const tasks = random.whole(45, 110);
    const seen = middle?.institutions.get(entity);
    const isTop = entity === order.leader || ranks.get(entity) === 1;
    if (isTop) {
      chosen.set(entity, { tens: 9, talent: true, onTime: tasks, tasks });
      continue;
    }
    const print = prints.get(entity) ?? null;
    const coin = random.next() < 0.5;
    const had = seen?.talent ?? coin;
    const talent = print !== null || (year === 2021 ? had && coin : year === 2023 ? had || coin : coin);
    const wanted = print ?? Math.min(hasTop ? 0.94 : 0.97, profile.get(cell(entity, 'INSTITUTIONS')) ?? 0.5);
    const habit = randomFor('habit', entity).between(0.7, 0.84);
    chosen.set(
      entity,
      chooseInstitutions(wanted, talent, tasks, print === null ? [habit - 0.14, habit + 0.14] : [0, 1], {
        earlier: year === 2023 ? seen : undefined,
        later: year === 2021 ? seen : undefined,
      }),
    );
  }
  for (const [entity, rank] of ranks) {
    if (rank === 1) continue;
    const others = [...chosen]
      .filter(([other]) => other !== entity)
      .map(([, state]) => institutionsValue(state))
      .sort((one, two) => two - one);
    const high = required(others[rank - 2], `INSTITUTIONS above rank ${rank}`);
    const low = required(others[rank - 1], `INSTITUTIONS below rank ${rank}`);
    chosen.set(entity, institutionsBetween(low, high, randomFor('between', year, entity)));
  }
  return chosen;
}
