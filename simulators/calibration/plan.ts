import { randomFor } from './random.js';
import type { Reference } from './reference.js';
import { required } from './required.js';

/** A complete order of a peer group and the overall value aimed at for each place; the values fall strictly with the place. */
export interface Plan {
  /** Entities, best first; tied entities stand next to each other. */
  readonly order: readonly string[];
  readonly aim: ReadonlyMap<string, number>;
  /** Pairs that must end exactly equal. */
  readonly ties: readonly (readonly [string, string])[];
}

type Anchor = readonly [place: number, value: number];

/**
 * Overall values by place, printed ones among them. Between two anchors the curve is straight; places after the last printed
 * value are tilted until the printed mean holds. Anchors that are no printed value are illustrative. In 2021 only six provinces
 * reach 0.5 and Quang Ninh (7th) does not, as the owner's front page had it.
 */
const PROVINCE_ANCHORS: ReadonlyMap<number, readonly Anchor[]> = new Map<number, readonly Anchor[]>([
  [
    2021,
    [
      [1, 0.6419],
      [2, 0.5872],
      [3, 0.554],
      [4, 0.533],
      [5, 0.5185],
      [6, 0.5064],
      [7, 0.4965],
      [12, 0.488],
      [13, 0.4842],
      [22, 0.4425],
      [26, 0.4294],
      [63, 0.28],
    ],
  ],
  [
    2022,
    [
      [1, 0.8002],
      [2, 0.71633],
      [3, 0.70243],
      [4, 0.69747],
      [5, 0.6924],
      [6, 0.6818],
      [10, 0.6605],
      [16, 0.6382],
      [20, 0.622],
      [25, 0.6077],
      [63, 0.42],
    ],
  ],
  [
    2023,
    [
      [1, 0.834],
      [2, 0.801],
      [3, 0.7905],
      [6, 0.7665],
      [12, 0.744],
      [21, 0.717],
      [63, 0.57],
    ],
  ],
]);

const LAST_PRINTED: ReadonlyMap<number, number> = new Map([
  [2021, 26],
  [2022, 25],
  [2023, 21],
]);

/** Overall values of the provinces by place (index 0 is first), mean as printed. */
export function provinceCurve(year: number, mean: number, size: number): number[] {
  const anchors = required(PROVINCE_ANCHORS.get(year), `anchors for ${year}`);
  const last = required(LAST_PRINTED.get(year), `last printed place of ${year}`);
  const random = randomFor('curve', year);
  const curve: number[] = [];
  for (let place = 1; place <= size; place += 1) {
    const upper = required(
      anchors.findLast(([at]) => at <= place),
      `anchor above ${place}`,
    );
    const lower = anchors.find(([at]) => at >= place) ?? upper;
    const step = lower[0] === upper[0] ? 0 : (lower[1] - upper[1]) / (lower[0] - upper[0]);
    const isAnchor = upper[0] === place;
    curve.push(upper[1] + step * (place - upper[0]) + (isAnchor ? 0 : step * random.between(-0.32, 0.32)));
  }
  const surplus = mean * size - curve.reduce((sum, value) => sum + value, 0);
  const count = size - last;
  return curve.map((value, index) => {
    const after = index + 1 - last;
    return after <= 0 ? value : value + (surplus * after) / ((count * (count + 1)) / 2);
  });
}

/**
 * Completes the order of the provinces: published ranks stay, free places go by a seeded likeness to the order of 2022.
 * @param neighbour overall values of 2022 (null when 2022 itself is planned); a body rises from 2021 to 2022 and to 2023
 */
export function planProvinces(
  year: number,
  members: readonly string[],
  references: readonly Reference[],
  neighbour: ReadonlyMap<string, number> | null,
): Plan {
  const overall = references.filter((row) => row.measure === 'overall');
  const mean = required(overall.find((row) => row.entity === 'average')?.score, `average of ${year}`);
  const ranked = overall.filter((row) => row.rank !== null && row.entityCode !== '');
  const curve = provinceCurve(year, mean, members.length);
  const places: (string | null)[] = members.map(() => null);
  for (const row of ranked) {
    let place = (row.rank ?? 1) - 1;
    while (places[place] !== null) place += 1;
    places[place] = row.entityCode;
  }
  const free = new Set(members.filter((member) => !places.includes(member)));
  const likeness = new Map(
    [...free].map((member) => [
      member,
      (neighbour?.get(member) ?? 0) + 0.03 * randomFor('order', year, member).normal(),
    ]),
  );
  const rises = year > 2022;
  // Best places first in 2021 and worst places first in 2023: where the value of 2022 binds, it is met by waiting.
  const sequence = members.map((_, index) => (rises ? members.length - 1 - index : index));
  for (const place of sequence) {
    if (places[place] !== null) continue;
    const value = curve[place] ?? 0;
    const candidates = [...free].filter((member) => {
      const known = neighbour?.get(member);
      return known === undefined || (rises ? known <= value - 0.012 : known >= value + 0.012);
    });
    const pool = candidates.length > 0 ? candidates : [...free];
    pool.sort((left, right) => (likeness.get(right) ?? 0) - (likeness.get(left) ?? 0));
    const chosen = required(rises ? pool.at(-1) : pool[0], `a province for place ${place + 1}`);
    places[place] = chosen;
    free.delete(chosen);
  }
  const order = places.map((member, place) => required(member, `a province at place ${place + 1}`));
  const ties: [string, string][] = [];
  for (const row of ranked) {
    const other = ranked.find((mate) => mate.rank === row.rank && mate.entityCode > row.entityCode);
    if (other !== undefined) ties.push([row.entityCode, other.entityCode]);
  }
  return { order, aim: new Map(order.map((member, place) => [member, curve[place] ?? 0])), ties };
}

/** Overall values aimed at for central bodies: printed ones, and illustrative ones in between that obey every published rank. */
const MINISTRY_AIMS: ReadonlyMap<string, readonly (readonly [string, number])[]> = new Map([
  [
    'MINISTRY_WITH_SERVICES 2021',
    [
      ['MOF', 0.6321],
      ['MPI', 0.6126],
      ['VSS', 0.5747],
      ['SBV', 0.5406],
      ['MOIT', 0.5219],
      ['MIC', 0.5074],
      ['MONRE', 0.4856],
      ['MCST', 0.4688],
      ['MOT', 0.4561],
      ['MOHA', 0.4437],
      ['MOJ', 0.4268],
      ['MOH', 0.4126],
      ['MARD', 0.3915],
      ['MOST', 0.3742],
      ['MOC', 0.3537],
      ['MOET', 0.3259],
      ['MOLISA', 0.2833],
    ],
  ],
  [
    'MINISTRY_WITH_SERVICES 2022',
    [
      ['MPI', 0.8219],
      ['MOF', 0.7448],
      ['MONRE', 0.7183],
      ['SBV', 0.7026],
      ['VSS', 0.6875],
      ['MIC', 0.6629],
      ['MOIT', 0.6482],
      ['MOJ', 0.6217],
      ['MOT', 0.6064],
      ['MOHA', 0.5871],
      ['MCST', 0.5743],
      ['MOH', 0.5528],
      ['MARD', 0.5306],
      ['MOST', 0.5174],
      ['MOC', 0.4883],
      ['MOET', 0.4617],
      ['MOLISA', 0.4259],
    ],
  ],
  [
    'MINISTRY_WITH_SERVICES 2023',
    [
      ['MPI', 0.8436],
      ['MOF', 0.7951],
      ['SBV', 0.7714],
      ['MONRE', 0.7562],
      ['MIC', 0.7348],
      ['VSS', 0.7107],
      ['MOIT', 0.6924],
      ['MOJ', 0.6748],
      ['MOT', 0.6473],
      ['MOHA', 0.6291],
      ['MOST', 0.6052],
      ['MCST', 0.5968],
      ['MOH', 0.5819],
      ['MARD', 0.5563],
      ['MOET', 0.5247],
      ['MOC', 0.5126],
      ['MOLISA', 0.4706],
    ],
  ],
  [
    'MINISTRY_WITHOUT_SERVICES 2021',
    [
      ['VAST', 0.4736],
      ['VTV', 0.4192],
      ['VNA', 0.2737],
      ['CEMA', 0.2046],
      ['VOV', 0.1394],
      ['GI', 0.1248],
      ['CMSC', 0.1127],
      ['VASS', 0.0993],
      ['HCMM', 0.0886],
    ],
  ],
  [
    'MINISTRY_WITHOUT_SERVICES 2022',
    [
      ['VAST', 0.4813],
      ['VTV', 0.4467],
      ['VNA', 0.3684],
      ['CMSC', 0.3312],
      ['CEMA', 0.3057],
      ['GI', 0.2581],
      ['VOV', 0.2393],
      ['VASS', 0.2146],
    ],
  ],
  [
    'MINISTRY_WITHOUT_SERVICES 2023',
    [
      ['VAST', 0.5684],
      ['CMSC', 0.5326],
      ['VTV', 0.5043],
      ['VNA', 0.4672],
      ['CEMA', 0.4218],
      ['GI', 0.3621],
      ['VOV', 0.3248],
      ['VASS', 0.2964],
    ],
  ],
]);

/** Order and aims of the central bodies in one peer group and year. */
export function planMinistries(peerGroup: string, year: number, members: readonly string[]): Plan {
  const aims = required(MINISTRY_AIMS.get(`${peerGroup} ${year}`), `aims of ${peerGroup} ${year}`);
  const order = aims.map(([member]) => member);
  for (const member of members)
    required(
      order.find((code) => code === member),
      `an aim for ${member} in ${year}`,
    );
  if (order.length !== members.length) throw new Error(`${peerGroup} ${year} has aims for bodies that are no members.`);
  return { order, aim: new Map(aims), ties: [] };
}
