import type { Figure } from './arithmetic.js';
import { Random, randomFor } from './random.js';

/**
 * What a body has in INSTITUTIONS. Both frameworks score it the same way: nine yes/no of 10 points, one of 5 (policy for
 * talent) and a ratio of 5 (tasks on time), so only some totals are reachable and they are chosen before the other main indexes.
 */
export interface Institutions {
  readonly tens: number;
  readonly talent: boolean;
  readonly onTime: number;
  readonly tasks: number;
}

const TENS = ['01', '02', '03', '04', '05', '06', '07', '08', '10'].map((number) => `INSTITUTIONS.${number}`);
/** Plans come before policies in most bodies. */
const ORDER_WEIGHT = [0.2, 0.1, 0, 0.1, 0.3, 0.3, 0.6, 0.4, 0.6];

/** Value of the main index, 0 to 1. */
export function institutionsValue(chosen: Institutions): number {
  return (10 * chosen.tens + (chosen.talent ? 5 : 0) + (5 * chosen.onTime) / chosen.tasks) / 100;
}

/**
 * Chooses the nearest plausible state: policies once adopted stay.
 * @param target value wanted, 0 to 1
 * @param onTimeShare smallest and largest share of tasks done on time
 * @param earlier, later states of neighbouring years that bound this one, when known
 */
export function chooseInstitutions(
  target: number,
  talent: boolean,
  tasks: number,
  onTimeShare: readonly [low: number, high: number],
  bounds: { readonly earlier?: Institutions | undefined; readonly later?: Institutions | undefined },
): Institutions {
  let chosen: Institutions | null = null;
  for (let tens = bounds.earlier?.tens ?? 0; tens <= (bounds.later?.tens ?? TENS.length); tens += 1) {
    const share = (100 * target - 10 * tens - (talent ? 5 : 0)) / 5;
    const onTime = Math.round(tasks * Math.max(onTimeShare[0], Math.min(onTimeShare[1], share)));
    const candidate = { tens, talent, onTime, tasks };
    if (chosen === null || distance(candidate, target) < distance(chosen, target)) chosen = candidate;
  }
  return chosen ?? { tens: bounds.later?.tens ?? 0, talent, onTime: tasks, tasks };
}

function distance(candidate: Institutions, target: number): number {
  return Math.abs(institutionsValue(candidate) - target);
}

/**
 * Finds a state strictly between two values, for a body whose rank in this main index is published.
 * @throws Error when the two values leave no room
 */
export function institutionsBetween(low: number, high: number, random: Random): Institutions {
  let chosen: Institutions | null = null;
  let widest = 0;
  for (let tens = 0; tens <= TENS.length; tens += 1) {
    for (const talent of [false, true]) {
      const tasks = random.whole(60, 110);
      for (let onTime = Math.ceil(0.3 * tasks); onTime <= tasks; onTime += 1) {
        const candidate = { tens, talent, onTime, tasks };
        const room = Math.min(institutionsValue(candidate) - low, high - institutionsValue(candidate));
        if (room > widest) {
          widest = room;
          chosen = candidate;
        }
      }
    }
  }
  if (chosen === null || widest < 5e-4) throw new Error(`No room between INSTITUTIONS values ${low} and ${high}.`);
  return chosen;
}

/** Turns a state into figures; the order in which a body adopts its plans is its own and stays over the years. */
export function institutionsFigures(entity: string, chosen: Institutions): Map<string, Figure> {
  const order = TENS.map((code, position) => ({
    code,
    weight: (ORDER_WEIGHT[position] ?? 0) + randomFor('adoption', entity, code).next(),
  })).sort((left, right) => left.weight - right.weight);
  const figures = new Map<string, Figure>(
    order.map(({ code }, position) => [code, { value: position < chosen.tens ? 1 : 0 }]),
  );
  figures.set('INSTITUTIONS.09', { value: chosen.talent ? 1 : 0 });
  figures.set('INSTITUTIONS.11', { numerator: chosen.onTime, denominator: chosen.tasks });
  return figures;
}
