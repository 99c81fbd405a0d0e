import { readFileSync } from 'node:fs';
import { parse as parseCsv } from 'csv-parse/sync';
import { parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { MergePolicy } from '../../src/domain/mergePolicy.js';
import type { SourceKind } from '../../src/domain/source.js';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { chooseObservation } from '../../src/merge/chooseObservation.js';
import { contributionsOf } from '../../src/scoring/contribution.js';
import { observation } from '../merge/observationFixture.js';
import { makeFramework, measureOf, plain, ratio } from '../scoring/frameworkFixture.js';
import { column, scoreTable } from '../scoring/scoreTable.js';

const read = (path: string): string => readFileSync(path, 'utf8');
const csv = (path: string): Record<string, string>[] => parseCsv(read(path), { columns: true });

/** The rows of the table of a document whose first head is this, without head and rule. */
function rowsUnder(document: string, head: string): string[][] {
  const lines = read(`docs/explanation/${document}`).split('\n');
  const at = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  const end = lines.findIndex((line, index) => index > at && !line.startsWith('|'));
  return lines.slice(at + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const number = (cell: string | undefined): number | null => (cell === 'none' ? null : Number(cell));

/** The example of method.md: its framework as its table has it. */
const MAIN_INDEXES = {
  BASE: [{ code: 'BASE.1', maxPoints: 40, rule: { kind: 'SURVEY_MEAN', scale: 5 } }],
  GOV: [{ code: 'GOV.1', maxPoints: 40, rule: { kind: 'RATIO' } }],
  ECO: [{ code: 'ECO.1', maxPoints: 20, rule: { kind: 'RELATIVE_TO_BEST' }, direction: -1 }],
} as const;
const PILLARS = { P_GOV: ['BASE', 'GOV'], P_ECO: ['BASE', 'ECO'] };
const EXAMPLE = makeFramework({ mainIndexes: MAIN_INDEXES, pillars: PILLARS });

function figures() {
  const rows = rowsUnder('method.md', 'place | BASE.1 mean').map(([, mean, served = '', days], index) => {
    const [numerator, denominator] = served.split(' / ').map(Number);
    const isServed = numerator !== undefined && denominator !== undefined;
    const automatic = { automatic: true };
    return [
      index + 1,
      {
        'BASE.1': plain(Number(mean)),
        'GOV.1': isServed ? ratio(numerator, denominator, automatic) : null,
        'ECO.1': plain(Number(days), automatic),
      },
    ] as const;
  });
  expect(rows).toHaveLength(3);
  return Object.fromEntries(rows);
}

describe('method.md', () => {
  it('shows what the engine computes of its figures', () => {
    const { columns, problems } = scoreTable(EXAMPLE, figures());
    expect(problems).toEqual([]);
    const told = rowsUnder('method.md', 'place | BASE | GOV');
    const values = (code: string) => column(columns, EXAMPLE, code, 'value');
    const shown = ['BASE', 'GOV', 'ECO', 'INDEX'].map(values);
    const others = [
      ...[column(columns, EXAMPLE, 'INDEX', 'rank'), values('P_GOV'), values('P_ECO')],
      ...[column(columns, EXAMPLE, 'INDEX', 'coverage'), column(columns, EXAMPLE, 'INDEX', 'automaticShare')],
    ];
    const computed = told.map((_, row) => [...shown, ...others].map((cells) => cells[row] ?? null));
    expect(told.map(([, ...cells]) => cells.map(number))).toEqual(computed);
  });

  it('is right about what is left out, about contributions, and about the share that is not quite 0.85', () => {
    const notApplicable = [{ peerGroup: 'GROUP', rule: 'EXCLUDE_AND_RESCALE', indicators: ['GOV.1'] }] as const;
    const without = makeFramework({ mainIndexes: MAIN_INDEXES, notApplicable });
    expect(column(scoreTable(without, figures()).columns, without, 'INDEX', 'value')[2]).toBe(0.8);
    const { columns } = scoreTable(EXAMPLE, figures());
    const parts = contributionsOf(columns, EXAMPLE, 0, measureOf(EXAMPLE, 'INDEX').position);
    expect(parts.map(({ units }) => units / 1e12)).toEqual([0.34, 0.3, 0.08]);
    expect((4.4 - 1) / (5 - 1)).toBe(0.8500000000000001);
  });

  it('is right about the published index of 2022', () => {
    const weights: Record<string, number> = { GOV_ACTIVITY: 0.2, ECO_ACTIVITY: 0.15, SOC_ACTIVITY: 0.15 };
    const rows = csv('data/references/published-results.csv').filter(
      ({ index_level, year, score }) => index_level === 'province' && year === '2022' && score !== '',
    );
    const complete = [...Map.groupBy(rows, ({ entity_code }) => entity_code)].flatMap(([code, all]) => {
      const parts = all.filter(({ measure }) => measure !== 'overall' && !measure?.startsWith('P_'));
      const overall = all.find(({ measure }) => measure === 'overall')?.score;
      const sum = parts.reduce(
        (before, { measure, score }) => before + (weights[measure ?? ''] ?? 0.1) * Number(score),
        0,
      );
      return parts.length === 8 && overall !== undefined
        ? [{ code, off: Math.abs(sum - Number(overall)), overall }]
        : [];
    });
    expect(complete).toHaveLength(5);
    expect(complete.find(({ code }) => code === '48')?.overall).toBe('0.8002');
    expect(complete.filter(({ off }) => off > 0.0001)).toEqual([]);
  });
});

describe('merge.md', () => {
  it('shows what becomes of its observations under the policy of the data', () => {
    const [policy] = (JSON.parse(read('data/policies.json')) as { policies: MergePolicy[] }).policies;
    const rows = rowsUnder('merge.md', 'id | source | kind');
    const sources = ['report', 'portal', 'survey'];
    const all = rows.map(([id, source = '', kind, period = '', figure = '', revision]) => {
      const [numerator = null, denominator = null] = figure === 'none' ? [] : figure.split(' / ');
      return observation({
        ...{ id: Number(id), sourceId: sources.indexOf(source), sourceKind: kind as SourceKind, period },
        ...{ value: null, numerator, denominator, revision: Number(revision) },
      });
    });
    if (policy === undefined) throw new Error('data/policies.json has no policy');
    const { chosen, candidates, discrepancy } = chooseObservation(all, policy);
    const reasons = new Map(candidates.map(({ observation: { id }, reason }) => [String(id), reason]));
    expect(rows.map(([id = '']) => reasons.get(id))).toEqual(rows.map((row) => row.at(-1)));
    expect(chosen?.id).toBe(5);
    expect(discrepancy?.relativeDifference.toFixed(4)).toBe('0.0667');
    expect(policy.discrepancyTolerance).toBe(0.05);
  });
});

describe('territory.md', () => {
  const before = csv('data/entities/provinces-63.csv');
  const after = csv('data/entities/provinces-34.csv');

  it('names the codes that mean another territory since 2025', () => {
    // The names of Huế and of a few others are written in another way; that is not another territory.
    const moved = after.flatMap(({ code = '', name_vi, predecessors = '' }) => {
      const old = before.find((each) => each.code === code);
      return old === undefined || (predecessors.split(';').includes(code) && old.name_vi === name_vi)
        ? []
        : [[code, old.name_vi, name_vi]];
    });
    const told = rowsUnder('territory.md', 'code');
    expect(told).toHaveLength(7);
    expect(moved).toEqual(expect.arrayContaining(told));
    const others = moved.map(([code]) => code).filter((code) => !told.some(([each]) => each === code));
    expect(others).toEqual(others.filter((code) => code === '46'));
  });

  it('counts the provinces that merged, and the mean of Đà Nẵng', () => {
    expect([before.length, after.length]).toEqual([63, 34]);
    expect(after.filter(({ merged }) => merged === 'true')).toHaveLength(23);
    expect(((0.8335 + 0.5803) / 2).toFixed(4)).toBe('0.7069');
  });
});

describe('merge.md and territory.md', () => {
  it.each(['merge', 'territory'])('have queries that fit the schema: %s', (name) => {
    const schema = buildGraphSchema();
    const blocks = [...read(`docs/explanation/${name}.md`).matchAll(/```graphql\n([^`]*)```/g)];
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks.flatMap(([, text = '']) => validate(schema, parse(text)))).toEqual([]);
  });
});
