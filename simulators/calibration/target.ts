import type { Framework, MainIndex } from './framework.js';
import { scoredIndexes } from './framework.js';
import { LinearProgram, type Term } from './linearProgram.js';
import type { Plan } from './plan.js';
import type { Profile } from './profile.js';
import type { Reference } from './reference.js';
import { cell, required } from './required.js';

/** What the solver must respect in one round and peer group, besides the plan. */
export interface Wishes {
  /** Main index values fixed beforehand, by cell (INSTITUTIONS, and main indexes that are exactly full). */
  readonly fixed: ReadonlyMap<string, number>;
  /** How far a solved value may stay from a printed one; rounding allows 5e-5, and the figures miss a target by up to 1e-5. */
  readonly printMargin: number;
  /** Smallest difference between neighbouring overall values, and around published ranks of other measures. */
  readonly overallGap: number;
  readonly measureGap: number;
  /** Smallest and largest value of a main index that is neither printed nor fixed. */
  readonly lowest: number;
  readonly highest: number;
  /** Overall values may not exceed (2021) or fall below (2023) these. */
  readonly ceiling: ReadonlyMap<string, number>;
  readonly floor: ReadonlyMap<string, number>;
  /** Entities wanted at a place (1 = first) where the relaxed solution may choose badly, by `measure|place`. */
  readonly seats: ReadonlyMap<string, string>;
  /** One body that leads every main index (MPI in 2022); null for none. */
  readonly leader: string | null;
}

/** Main index values that meet every published value, rank and mean of the round. */
export interface Solved {
  readonly profile: Profile;
  readonly overall: ReadonlyMap<string, number>;
}

/**
 * Solves for main index values close to a profile. The first program leaves out ranks of pillars and main indexes; its order
 * of bodies becomes fixed for these measures in the second, where ranks are then linear.
 * @throws Error when the rows cannot be met
 */
export async function solveTargets(
  what: string,
  framework: Framework,
  plan: Plan,
  profile: Profile,
  references: readonly Reference[],
  wishes: Wishes,
): Promise<Solved> {
  const relaxed = await solveOnce(`${what}, relaxed`, framework, plan, profile, references, wishes, new Map());
  const measures = new Set(
    references
      .filter((row) => row.measure !== 'overall' && row.measure !== 'INSTITUTIONS' && row.rank !== null)
      .map((row) => row.measure),
  );
  const orders = new Map<string, string[]>();
  for (const measure of measures) {
    if ([...wishes.fixed].some(([key, value]) => value === 1 && key.endsWith(`|${measure}`))) continue;
    orders.set(measure, completeOrder(framework, plan, relaxed, references, wishes, measure));
  }
  return solveOnce(what, framework, plan, profile, references, wishes, orders);
}

/** Main indexes of a measure with their weights in it. */
function weightsOf(framework: Framework, measure: string): { mainIndex: MainIndex; weight: number }[] {
  const scored = scoredIndexes(framework);
  if (measure === 'overall') return scored.map((mainIndex) => ({ mainIndex, weight: mainIndex.maxPoints / 1000 }));
  const pillar = framework.pillars.find(({ code }) => code === measure);
  if (pillar !== undefined) {
    return scored
      .filter(({ code }) => pillar.members.includes(code))
      .map((mainIndex) => ({ mainIndex, weight: mainIndex.maxPoints / pillar.maxPoints }));
  }
  return scored.filter(({ code }) => code === measure).map((mainIndex) => ({ mainIndex, weight: 1 }));
}

function completeOrder(
  framework: Framework,
  plan: Plan,
  relaxed: Solved,
  references: readonly Reference[],
  wishes: Wishes,
  measure: string,
): string[] {
  const weights = weightsOf(framework, measure);
  const places: (string | null)[] = plan.order.map(() => null);
  for (const row of references) {
    if (row.measure === measure && row.rank !== null) places[row.rank - 1] = row.entityCode;
  }
  for (const [seat, entity] of wishes.seats) {
    const [seatMeasure, place] = seat.split('|');
    if (seatMeasure === measure) places[Number(place) - 1] = entity;
  }
  const value = (entity: string): number =>
    weights.reduce(
      (sum, { mainIndex, weight }) => sum + weight * (relaxed.profile.get(cell(entity, mainIndex.code)) ?? 0),
      0,
    );
  const free = plan.order
    .filter((entity) => !places.includes(entity))
    .sort((left, right) => value(right) - value(left));
  return places.map((entity) => entity ?? required(free.shift(), `a body for a place in ${measure}`));
}

async function solveOnce(
  what: string,
  framework: Framework,
  plan: Plan,
  profile: Profile,
  references: readonly Reference[],
  wishes: Wishes,
  orders: ReadonlyMap<string, readonly string[]>,
): Promise<Solved> {
  const program = new LinearProgram();
  const scored = scoredIndexes(framework);
  const printed = new Map(
    references.flatMap((row) => (row.score === null ? [] : [[cell(row.entityCode, row.measure), row.score] as const])),
  );
  const variables = new Map<string, number>();
  for (const entity of plan.order) {
    for (const mainIndex of scored) {
      const key = cell(entity, mainIndex.code);
      const fixed = wishes.fixed.get(key);
      const print = printed.get(key);
      const variable =
        fixed !== undefined
          ? program.variable(fixed, fixed)
          : print !== undefined
            ? program.variable(print - wishes.printMargin, print + wishes.printMargin)
            : program.variable(wishes.lowest, wishes.highest);
      variables.set(key, variable);
      if (fixed === undefined && print === undefined) {
        program.attract([[1, variable]], profile.get(key) ?? 0.5, mainIndex.maxPoints / 100, 0.03);
      }
    }
  }
  const sumOf = (entity: string, measure: string, sign = 1): Term[] =>
    weightsOf(framework, measure).map(({ mainIndex, weight }) => [
      sign * weight,
      required(variables.get(cell(entity, mainIndex.code)), `a variable for ${entity}`),
    ]);
  const above = (upper: string, lower: string, measure: string, gap: number): void =>
    program.constrain([...sumOf(upper, measure), ...sumOf(lower, measure, -1)], '>=', gap);

  plan.order.forEach((entity, place) => {
    program.attract(sumOf(entity, 'overall'), plan.aim.get(entity) ?? 0.5, 30, 0.002);
    const next = plan.order[place + 1];
    if (next === undefined) return;
    const tied = plan.ties.some((pair) => pair.includes(entity) && pair.includes(next));
    if (tied) program.constrain([...sumOf(entity, 'overall'), ...sumOf(next, 'overall', -1)], '=', 0);
    else above(entity, next, 'overall', wishes.overallGap);
  });
  for (const row of references) {
    if (row.score === null) continue;
    const isIndex = scored.some(({ code }) => code === row.measure);
    if (isIndex) continue;
    const bodies = row.entity === 'average' ? plan.order : [row.entityCode];
    const terms = bodies.flatMap((entity) =>
      sumOf(entity, row.measure).map(([factor, variable]): Term => [factor / bodies.length, variable]),
    );
    program.constrain(terms, '>=', row.score - wishes.printMargin);
    program.constrain(terms, '<=', row.score + wishes.printMargin);
  }
  for (const [entity, ceiling] of wishes.ceiling) {
    if (plan.aim.has(entity)) program.constrain(sumOf(entity, 'overall'), '<=', ceiling);
  }
  for (const [entity, floor] of wishes.floor) {
    if (plan.aim.has(entity)) program.constrain(sumOf(entity, 'overall'), '>=', floor);
  }
  for (const [measure, order] of orders) {
    const published = order.filter((entity) =>
      references.some((row) => row.measure === measure && row.rank !== null && row.entityCode === entity),
    );
    for (const entity of published) {
      const place = order.indexOf(entity);
      order.forEach((other, otherPlace) => {
        if (otherPlace < place) above(other, entity, measure, wishes.measureGap);
        if (otherPlace > place) above(entity, other, measure, wishes.measureGap);
      });
    }
  }
  if (wishes.leader !== null) {
    for (const { code } of scored) {
      for (const other of plan.order) {
        if (other !== wishes.leader && code !== 'INSTITUTIONS')
          above(wishes.leader, other, code, 1.8 * wishes.measureGap);
      }
    }
  }
  const values = await program.solve(what);
  const solved: Profile = new Map([...variables].map(([key, variable]) => [key, values[variable] ?? 0]));
  const overall = new Map(
    plan.order.map((entity) => [
      entity,
      sumOf(entity, 'overall').reduce((sum, [factor, variable]) => sum + factor * (values[variable] ?? 0), 0),
    ]),
  );
  return { profile: solved, overall };
}
