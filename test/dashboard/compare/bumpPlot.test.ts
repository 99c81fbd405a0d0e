import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Bumps, Point } from '../../../src/dashboard/compare/bumpPlot.js';
import type { Chosen } from '../../../src/dashboard/compare/series.js';
import { names, stubLetters } from '../parts/letters.js';

/** How far down a chart of ranks its years reach, in pixels. */
const YEARS_PX = 40;
/** What floating point may lose, in pixels. */
const TINY = 1e-6;

let parts: typeof import('../../../src/dashboard/parts/wrap.js');
let bumpPlot: typeof import('../../../src/dashboard/compare/bumpPlot.js').bumpPlot;
beforeAll(async () => {
  stubLetters();
  parts = await import('../../../src/dashboard/parts/wrap.js');
  ({ bumpPlot } = await import('../../../src/dashboard/compare/bumpPlot.js'));
});
afterAll(() => {
  vi.unstubAllGlobals();
});

describe('bumpPlot', () => {
  /** A label as the chart has it, in pixels from its upper left corner. */
  interface Drawn {
    readonly text: string;
    readonly left: number;
    readonly right: number;
    readonly top: number;
    readonly bottom: number;
  }
  interface TextMark {
    readonly data: readonly { point: Point; place: number; lines: readonly string[]; one: Chosen }[];
    readonly dx: number;
    readonly textAnchor: string;
  }

  /** Where labels are drawn, by the scales that the chart asks for. */
  function draw(bumps: Bumps): { readonly early: Drawn[]; readonly late: Drawn[]; readonly height: number } {
    const {
      marks = [],
      height = 0,
      marginTop = 0,
      marginBottom = 0,
      marginLeft = 0,
      marginRight = 0,
      ...rest
    } = bumpPlot(bumps);
    const scale = (domain: readonly number[], range: readonly number[], value: number) => {
      const [from = 0, to = 1] = domain;
      const [start = 0, end = 0] = range;
      return start + ((value - from) / (to - from)) * (end - start);
    };
    const x = (value: number) => scale(rest.x?.domain as number[], [marginLeft, bumps.width - marginRight], value);
    const y = (value: number) => scale(rest.y?.domain as number[], [height - marginBottom, marginTop], value);
    const years = [...new Set(bumps.points.map(({ year }) => year))].sort();
    const isLabels = (mark: object | null | undefined) => isPlaced((mark as TextMark | null)?.data);
    const boxes = (mark: TextMark): Drawn[] =>
      mark.data.map(({ point, place, lines }) => {
        const width = Math.max(...lines.map((line) => parts.widthOf(line, 600)));
        const anchor = x(years.indexOf(point.year)) + mark.dx;
        const half = (lines.length * parts.LINE_PX) / 2;
        const left = mark.textAnchor === 'end' ? anchor - width : anchor;
        return { text: lines.join(' '), left, right: left + width, top: y(place) - half, bottom: y(place) + half };
      });
    const labels = marks.flat(3).filter(isLabels) as unknown as readonly TextMark[];
    const at = (anchor: string) => labels.filter(({ textAnchor }) => textAnchor === anchor).flatMap(boxes);
    return { early: at('end'), late: at('start'), height };
  }

  function isPlaced(data: unknown): boolean {
    return Array.isArray(data) && data.length > 0 && data.every((each) => typeof each === 'object' && 'place' in each);
  }

  /** Bodies with a name each, that are ranked in years of their own, some chosen; who goes has a successor. */
  const charts = fc
    .record({
      bodies: fc.array(
        fc.record({
          name: names,
          from: fc.nat(3),
          to: fc.nat(3),
          order: fc.array(fc.nat(1e6), { minLength: 4, maxLength: 4 }),
        }),
        { minLength: 1, maxLength: 63 },
      ),
      chosenCount: fc.integer({ min: 1, max: 8 }),
      successorOf: fc.array(fc.nat(62), { minLength: 8, maxLength: 8 }),
      width: fc.integer({ min: 320, max: 1400 }),
      height: fc.integer({ min: 320, max: 900 }),
    })
    .map(({ bodies, chosenCount, successorOf, width, height }): Bumps => {
      const ids = bodies.map((_body, index) => `Entity:${index}`);
      const isIn = (index: number, year: number): boolean => {
        const { from = 0, to = 0 } = bodies[index] ?? {};
        return year >= Math.min(from, to) && year <= Math.max(from, to);
      };
      const points = [0, 1, 2, 3].flatMap((year) =>
        ids
          .map((id, index) => ({ id, index, order: bodies[index]?.order[year] ?? 0 }))
          .filter(({ index }) => isIn(index, year))
          .sort((one, other) => one.order - other.order)
          .map(({ id }, index): Point => ({ id, year: 2021 + year, rank: index + 1 })),
      );
      const chosen = ids.slice(0, chosenCount).map((id, index) => ({
        ...{ key: id, colour: 'red', symbol: 'circle', glyph: '●' },
        entity: { id, successors: [{ id: ids[(successorOf[index] ?? 0) % ids.length] ?? id }] },
      })) as unknown as Chosen[];
      return {
        ...{ width, height, points, chosen, territory: 'territory' },
        nameOf: (id) => bodies[ids.indexOf(id)]?.name ?? '',
        further: (last) => `… ${last}`,
        tip: ({ id }) => id,
      };
    });

  it('cuts no name, lays none on another, and keeps all within its height', () => {
    fc.assert(
      fc.property(charts, (bumps) => {
        const { early, late, height } = draw(bumps);
        expect(height).toBeGreaterThanOrEqual(bumps.height);
        const texts = [...early, ...late].map(({ text }) => text);
        for (const { entity } of bumps.chosen)
          expect(texts.some((text) => text.includes(bumps.nameOf(entity.id)))).toBe(true);
        for (const labels of [early, late]) {
          const sorted = labels.toSorted((one, other) => one.top - other.top);
          for (const [index, { left, right, top, bottom }] of sorted.entries()) {
            expect(left).toBeGreaterThanOrEqual(-TINY);
            expect(right).toBeLessThanOrEqual(bumps.width + TINY);
            expect(top).toBeGreaterThanOrEqual(YEARS_PX);
            expect(bottom).toBeLessThanOrEqual(height + TINY);
            expect(top).toBeGreaterThanOrEqual((sorted[index - 1]?.bottom ?? 0) - TINY);
          }
        }
      }),
    );
  });
});
