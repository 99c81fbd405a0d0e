import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nextChangeId, takeRevision } from '../../src/store/revision.js';
import { type GraphFixture, openGraph } from './graphFixture.js';

let graph: GraphFixture;
beforeAll(async () => {
  graph = await openGraph();
});
afterAll(() => graph.close());

interface Row {
  readonly value: number | null;
  readonly points: number;
  readonly rank: number | null;
  readonly measure: { readonly code: string; readonly kind: string };
  readonly contributions: readonly { readonly value: number; readonly measure: { readonly code: string } }[];
  readonly provenance: object | null;
  readonly published: string | null;
}

const PROFILE = `query Profile($kind: MeasureKind, $parent: String) {
  entity(code: "74", codeSystem: "GSO-2004") {
    scores(round: "PROVINCE-2022", kind: $kind, parent: $parent) {
      value points maxPoints rank published peerGroup { code } measure { code kind }
      contributions { value measure { code } } provenance { reason }
    }
  }
}`;

async function scores(variables: Record<string, unknown> = {}): Promise<readonly Row[]> {
  return (await graph.read(PROFILE, variables)).entity.scores;
}

describe('Entity.scores', () => {
  it('`scores` lists all measures in framework order, by kind, and below a parent', async () => {
    expect(await scores()).toHaveLength(111);
    expect((await scores({ kind: 'PILLAR' })).map(({ measure }) => measure.code)).toEqual(['P_GOV', 'P_ECO', 'P_SOC']);
    const below = await scores({ parent: 'P_GOV' });
    expect(below.map(({ measure }) => measure.kind)).toEqual(below.map(() => 'MAIN_INDEX'));
    expect(below.map(({ measure }) => measure.code)).toContain('AWARENESS');
  });

  it('contributions add up to the value exactly, and an indicator has none', async () => {
    for (const { measure, value, contributions } of await scores()) {
      if (measure.kind === 'INDICATOR' || value === null) expect(contributions).toEqual([]);
      else {
        const units = contributions.reduce((sum, part) => sum + Math.round(part.value * 1e12), 0);
        expect(units).toBe(Math.round(value * 1e12));
      }
    }
  });

  it('indicators have provenance, and no other measure has', async () => {
    for (const { measure, provenance } of await scores()) {
      expect(provenance === null).toBe(measure.kind !== 'INDICATOR');
    }
  });

  it('a measure that is not scored is listed without value and rank', async () => {
    const row = (await scores({ kind: 'MAIN_INDEX' })).find(({ measure }) => measure.code === 'SMART_CITY');
    expect(row).toMatchObject({ value: null, rank: null, published: null, contributions: [] });
  });

  it('an entity that does not take part has no scores, and an unknown round or measure is an error', async () => {
    const ask = (fields: string) => `{ entity(code: "MPI") { ${fields} } }`;
    expect(
      await graph.read(ask('scores(round: "PROVINCE-2022") { value } score(round: "PROVINCE-2022") { value }')),
    ).toEqual({
      entity: { scores: [], score: null },
    });
    const { errors } = await graph.ask(ask('score(round: "MINISTRY-2022", measure: "P_GOV") { value }'));
    expect(errors[0]?.extensions?.code).toBe('NOT_FOUND');
    expect(errors[0]?.message).toContain('DX_ACTIVITY');
    expect(await graph.fail(ask('score(round: "MINISTRY-1900") { value }'))).toBe('NOT_FOUND');
    expect(await graph.fail(ask('scores(round: "MINISTRY-2022", parent: "NOTHING") { value }'))).toBe('NOT_FOUND');
    expect(await graph.fail(ask('peerGroup(round: "MINISTRY-1900") { code }'))).toBe('NOT_FOUND');
  });

  it('a round that nothing was computed for has no scores and is no error', async () => {
    expect(
      await graph.read(
        '{ entity(code: "74") { scores(round: "PROVINCE-2023") { value } score(round: "PROVINCE-2023") { value } } }',
      ),
    ).toEqual({
      entity: { scores: [], score: null },
    });
    expect(await graph.fail('{ ranking(round: "PROVINCE-2023") { totalCount } }')).toBe('AS_OF_UNAVAILABLE');
    expect(await graph.fail('{ scores(round: "PROVINCE-2023") { totalCount } }')).toBe('AS_OF_UNAVAILABLE');
  });
});

describe('Score.change', () => {
  const CHANGE = (round: string) =>
    `{ ranking(round: "${round}", first: 1) { edges { node { score { value change { value rank } } } } } }`;

  it('a change is the difference from the year before, quantised', async () => {
    const { now, before } = await graph.read(`{
      now: entity(code: "74", codeSystem: "GSO-2004") { score(round: "PROVINCE-2022") { value rank change { value rank } } }
      before: entity(code: "74", codeSystem: "GSO-2004") { score(round: "PROVINCE-2021") { value rank change { value } } }
    }`);
    const units = (value: number) => Math.round(value * 1e12);
    expect(units(now.score.change.value)).toBe(units(now.score.value) - units(before.score.value));
    expect(now.score.change.value).toBe(units(now.score.change.value) / 1e12);
    expect(now.score.change.rank).toBe(before.score.rank - now.score.rank);
    expect(before.score.change).toBeNull();
  });

  it('the first year and another territory have no change', async () => {
    for (const round of ['PROVINCE-2021', 'PROVINCE-2026']) {
      expect((await graph.read(CHANGE(round))).ranking.edges[0].node.score.change).toBeNull();
    }
  });
});

describe('published references', () => {
  it('published results stand beside our score, with their citation', async () => {
    const { round } = await graph.read(
      '{ round(code: "PROVINCE-2022") { references(first: 1000) { totalCount edges { node { value rank measureCode citation entity { code } score { published rank } } } } } }',
    );
    expect(round.references.totalCount).toBe(124);
    const ranks = round.references.edges.filter(({ node }: { node: { rank: number | null } }) => node.rank !== null);
    for (const { node } of ranks) {
      expect(node.citation).not.toBe('');
      expect(node.score.rank).toBe(node.rank);
    }
    const { entity } = await graph.read(
      '{ entity(code: "MPI") { score(round: "MINISTRY-2022") { published references { value rank citation peerGroup { code } } } } }',
    );
    expect(entity.score.references).toMatchObject([{ rank: 1, peerGroup: { code: 'MINISTRY_WITH_SERVICES' } }]);
  });
});

describe('provenance', () => {
  it('provenance keeps the losers, the claim and the discrepancy', async () => {
    const { entity } = await graph.read(`{
      entity(code: "48", codeSystem: "GSO-2025") {
        score(round: "PROVINCE-2026", measure: "ECO_ACTIVITY.08") {
          provenance {
            reason
            chosen { source { key } syncRun { id status } page row rowHash submission { state } retrievedAt obsStatus withdrawn }
            candidates { accepted reason numerator observation { id submission {
              state reviewer reviewNote simulated claimed { numerator } accepted { numerator } evidence { title reference } round { code }
            } } source { kind } }
            discrepancy { relativeDifference claim { source { key } } measurement { source { key } } }
          }
        }
      }
    }`);
    const { provenance } = entity.score;
    expect(provenance.reason).toBe('HIGHEST_PRECEDENCE');
    expect(provenance.chosen).toMatchObject({
      ...{
        source: { key: 'registry' },
        syncRun: { id: 'SyncRun:1', status: 'SUCCEEDED' },
        page: 1,
        rowHash: 'f0',
        submission: null,
      },
      ...{ obsStatus: 'A', withdrawn: false },
    });
    expect(provenance.candidates).toMatchObject([
      {
        accepted: true,
        reason: 'HIGHEST_PRECEDENCE',
        source: { kind: 'NATIONAL_DATABASE' },
        observation: { submission: null },
      },
      {
        ...{ accepted: false, reason: 'LOWER_PRECEDENCE', numerator: '98', source: { kind: 'SELF_REPORT' } },
        observation: {
          submission: {
            ...{ state: 'ADJUSTED', reviewer: 'review board', reviewNote: 'lowered', simulated: true },
            ...{ claimed: { numerator: '99' }, accepted: { numerator: '98' }, round: { code: 'PROVINCE-2026' } },
            evidence: [{ title: 'Annual report', reference: '12/BC' }],
          },
        },
      },
    ]);
    expect(provenance.discrepancy).toMatchObject({
      claim: { source: { key: 'self_report' } },
      measurement: { source: { key: 'registry' } },
    });
    expect(provenance.discrepancy.relativeDifference).toBeGreaterThan(0.05);
  });
});

describe('measures', () => {
  it('measures form a graph: a foundation index has several parents', async () => {
    const { node, frameworks } = await graph.read(`{
      node(id: "Measure:PDTI-922:AWARENESS") { ... on Measure {
        name(lang: VI) maxPoints certainty rule { kind } framework { code }
        parents { code } children { code } indicators { code }
      } }
      frameworks { totalCount edges { node { code measures(kind: MAIN_INDEX) { code } notApplicable { peerGroup indicators } } } }
    }`);
    expect(node.parents.map(({ code }: { code: string }) => code)).toEqual(['INDEX', 'P_GOV', 'P_ECO', 'P_SOC']);
    expect(node).toMatchObject({
      name: 'Nhận thức số',
      maxPoints: 100,
      certainty: 'PUBLISHED',
      rule: null,
      framework: { code: 'PDTI-922' },
    });
    expect(node.children).toHaveLength(10);
    expect(node.indicators).toEqual(node.children);
    expect(frameworks.totalCount).toBe(2);
    expect(frameworks.edges.map((edge: { node: { measures: object[] } }) => edge.node.measures.length).sort()).toEqual([
      6, 9,
    ]);
  });

  it('an indicator tells how it is scored', async () => {
    const { measures } = await graph.read(
      '{ measures(framework: "PDTI-922", filter: { kind: { eq: INDICATOR }, code: { eq: "ECO_ACTIVITY.08" } }) { totalCount edges { node { rule { kind target tiers { atLeast } } direction unitOfMeasure intendedSourceKind intendedSourceSystem nameCertainty numeratorLabel vi: numeratorLabel(lang: VI) denominatorLabel denominator_vi: denominatorLabel(lang: VI) } } } }',
    );
    expect(measures).toMatchObject({
      totalCount: 1,
      edges: [
        {
          node: {
            rule: { kind: 'RATIO', tiers: [] },
            direction: 1,
            intendedSourceKind: 'NATIONAL_DATABASE',
            intendedSourceSystem: 'einvoice',
            numeratorLabel: 'Enterprises issuing e-invoices',
            vi: 'Số doanh nghiệp sử dụng hóa đơn điện tử',
            denominatorLabel: 'Active enterprises',
            denominator_vi: 'Số doanh nghiệp đang hoạt động',
          },
        },
      ],
    });
  });

  it('an indicator whose ratio is told in English only tells it in English, from the revision on that says so', async () => {
    const labels = async () => {
      const { measures } = await graph.read(
        '{ measures(framework: "PDTI-922", filter: { code: { in: ["ECO_ACTIVITY.01", "AWARENESS.01"] } }) { edges { node { numeratorLabel(lang: VI) denominatorLabel(lang: VI) } } } }',
      );
      return measures.edges.map(({ node }: { node: object }) => Object.values(node));
    };
    const unlike = [null, null];
    expect(await labels()).toEqual([unlike, ['Giá trị tăng thêm của kinh tế số', 'Tổng sản phẩm trên địa bàn (GRDP)']]);
    const revision = await graph.database.fork().transactional(async (em) => {
      await em.execute(`update measure set indicator = indicator - 'numeratorLabelVi' where code = 'ECO_ACTIVITY.01'`);
      return takeRevision(em, { changeId: await nextChangeId(em), kind: 'REFERENCE', roundIds: [] });
    });
    const { feed } = graph.platform;
    while (feed.head < revision) await feed.changed(feed.head, AbortSignal.timeout(10_000));
    expect(await labels()).toEqual([unlike, ['Digital economy value added', 'Tổng sản phẩm trên địa bàn (GRDP)']]);
  });
});
