import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import type { Figure } from '../../src/domain/observation.js';
import type { Submission, SubmissionItem } from '../../src/domain/submission.js';
import { registerSource, SELF_REPORT } from '../../src/pipeline/source.js';
import { checkFigure, submit } from '../../src/pipeline/submit.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { readClaims } from '../../src/store/readClaims.js';
import { readHead, readRevisions } from '../../src/store/revision.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { entityOf, NOW, roundOf, rowsOf } from '../store/batch.js';
import { connect, untilBlocked } from '../store/blocked.js';

let test: TestDatabase;
let catalogue: Catalogue;
beforeAll(async () => {
  test = await openTestDatabase();
  await registerSource(test.database, SELF_REPORT, 'ACTIVE', NOW);
  catalogue = await readCatalogue(test.database.fork());
});
afterAll(() => test.drop());

const NONE: Figure = { value: null, numerator: null, denominator: null };
const ratio = (numerator: string, denominator: string): Figure => ({ value: null, numerator, denominator });
const value = (text: string): Figure => ({ ...NONE, value: text });
function item(indicatorCode: string, claimed: Figure, parts: Partial<SubmissionItem> = {}): SubmissionItem {
  return { indicatorCode, claimed, accepted: claimed, state: 'ACCEPTED', evidence: [], reviewNote: null, ...parts };
}
function report(entityKey: string, items: readonly SubmissionItem[], parts: Partial<Submission> = {}): Submission {
  return { roundCode: 'PROVINCE-2026', entityKey, reviewer: 'a reviewer', simulated: true, items, ...parts };
}
const send = (...submissions: Submission[]) => submit(test.database, catalogue, submissions, NOW);

/** Codes of indicators with a kind of rule, in the order of the framework. */
function codesOf(kind: string): string[] {
  const measures = catalogue.framework('PDTI-922')?.measures ?? [];
  return measures.filter(({ indicator }) => indicator?.rule.kind === kind).map(({ code }) => code);
}
function codeOf(kind: string, at = 0): string {
  const code = codesOf(kind)[at];
  if (code === undefined) throw new Error(`the framework has too few indicators with the rule ${kind}`);
  return code;
}

interface StoredObservation {
  code: string;
  figure: string | null;
  submission_item_id: string;
  supersedes: boolean;
}
/** What a body's self-reports have become, oldest first. */
function observations(entityKey: string) {
  return rowsOf<StoredObservation>(
    test.database,
    `select m.code, coalesce(o.value::text, o.numerator || '/' || o.denominator) as figure, o.submission_item_id,
       o.supersedes_id is not null as supersedes
     from observation o join measure m on m.id = o.indicator_id where o.entity_id = ? order by o.id`,
    [entityOf(catalogue, entityKey)],
  );
}
const itemsOf = (entityKey: string) =>
  rowsOf<{ id: string }>(
    test.database,
    'select i.id from submission_item i join submission s on s.id = i.submission_id where s.entity_id = ? order by i.id',
    [entityOf(catalogue, entityKey)],
  );

describe('a self-report', () => {
  it('becomes observations where its items were accepted or adjusted, and is kept with all claims', async () => {
    const [accepted, adjusted, returned] = [codeOf('RATIO_CAPPED'), codeOf('RATIO_CAPPED', 1), codeOf('YES_NO')];
    const evidence = [{ title: 'Quyết định', reference: '12/QĐ-UBND' }];
    const before = await readHead(test.database.fork());
    const outcome = await send(
      report('GSO-2025:01', [
        item(accepted, ratio('3', '4'), { evidence }),
        item(adjusted, ratio('9', '10'), {
          state: 'ADJUSTED',
          accepted: ratio('8', '10'),
          reviewNote: 'counted twice',
        }),
        item(returned, value('1'), { state: 'RETURNED', accepted: null, reviewNote: 'no evidence' }),
      ]),
    );
    expect(outcome).toEqual({ submissions: 1, observations: 2 });
    const written = await observations('GSO-2025:01');
    expect(written.map(({ code, figure }) => [code, figure])).toEqual(
      expect.arrayContaining([
        [accepted, '3/4'],
        [adjusted, '8/10'],
      ]),
    );
    const claims = await readClaims(
      test.database.fork(),
      (await itemsOf('GSO-2025:01')).map(({ id }) => Number(id)),
    );
    const shared = { reviewer: 'a reviewer', simulated: true, roundId: roundOf(catalogue, 'PROVINCE-2026') };
    expect(claims).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...shared,
          state: 'ACCEPTED',
          claimed: ratio('3', '4'),
          accepted: ratio('3', '4'),
          evidence,
        }),
        expect.objectContaining({
          ...{ state: 'ADJUSTED', claimed: ratio('9', '10'), accepted: ratio('8', '10'), reviewNote: 'counted twice' },
        }),
        expect.objectContaining({ state: 'RETURNED', claimed: value('1'), accepted: null, reviewNote: 'no evidence' }),
      ]),
    );
    const byItem = new Map(claims.map((claim) => [claim.itemId, claim]));
    for (const { figure, submission_item_id } of written) {
      const { accepted: stands } = byItem.get(Number(submission_item_id)) ?? {};
      expect(`${stands?.numerator}/${stands?.denominator}`).toBe(figure);
    }
    expect(await readRevisions(test.database.fork(), before, 10)).toMatchObject([
      { kind: 'OBSERVATIONS', roundIds: [roundOf(catalogue, 'PROVINCE-2026')] },
    ]);
  });

  it('changes nothing the second time, not even a revision', async () => {
    const same = report('GSO-2025:48', [item(codeOf('YES_NO'), value('1'))]);
    expect(await send(same)).toEqual({ submissions: 1, observations: 1 });
    const before = await readHead(test.database.fork());
    expect(await send(same)).toEqual({ submissions: 0, observations: 0 });
    expect(await readHead(test.database.fork())).toBe(before);
    expect(await itemsOf('GSO-2025:48')).toHaveLength(1);
    expect(await observations('GSO-2025:48')).toHaveLength(1);
  });

  it('supersedes what an earlier one of the same body said, where it differs', async () => {
    const [changed, kept] = [codeOf('YES_NO'), codeOf('YES_NO', 1)];
    await send(report('GSO-2025:79', [item(changed, value('0')), item(kept, value('1'))]));
    const outcome = await send(report('GSO-2025:79', [item(changed, value('1')), item(kept, value('1'))]));
    expect(outcome).toEqual({ submissions: 1, observations: 1 });
    const rows = await observations('GSO-2025:79');
    expect(rows.filter(({ code }) => code === changed).map(({ figure, supersedes }) => [figure, supersedes])).toEqual([
      ['0', false],
      ['1', true],
    ]);
    expect(rows.filter(({ code }) => code === kept)).toHaveLength(1);
    expect(await itemsOf('GSO-2025:79')).toHaveLength(4);
  });

  it('may go back to what an earlier one said, as often as a body changes its mind', async () => {
    const code = codeOf('YES_NO');
    for (const text of ['0', '1', '0', '1']) {
      const outcome = await send(report('GSO-2025:44', [item(code, value(text))]));
      expect(outcome).toEqual({ submissions: 1, observations: 1 });
    }
    const again = await send(report('GSO-2025:44', [item(code, value('1'))]));
    expect(again).toEqual({ submissions: 0, observations: 0 });
    expect((await observations('GSO-2025:44')).map(({ figure }) => figure)).toEqual(['0', '1', '0', '1']);
  });

  it('says the same whatever the order of its properties', async () => {
    const one = report('GSO-2025:46', [item(codeOf('YES_NO'), value('1'))]);
    await send(one);
    const turned = Object.fromEntries(Object.entries(one).reverse()) as unknown as Submission;
    expect(await send(turned)).toEqual({ submissions: 0, observations: 0 });
  });

  it('is accepted only with the figure that it claims; equal numbers may be written differently', async () => {
    const [yesNo, share] = [codeOf('YES_NO'), codeOf('RATIO_CAPPED')];
    const lowered = { accepted: ratio('2', '4') };
    await expect(send(report('GSO-2025:51', [item(share, ratio('3', '4'), lowered)]))).rejects.toMatchObject({
      code: 'ROUND_ITEM_INVALID',
      message: expect.stringContaining(`${share}: is ACCEPTED with another figure`),
    });
    const same = [item(share, ratio('3', '4.0'), { accepted: ratio('3.00', '4') }), item(yesNo, value('1'))];
    expect(await send(report('GSO-2025:51', same))).toMatchObject({ observations: 2 });
  });

  it('waits for a round that is being published, and is then refused', async () => {
    const roundCode = 'PROVINCE-2022';
    onTestFinished(async () => {
      await test.database.fork().execute(`update round set status = 'OPEN' where code = ?`, [roundCode]);
    });
    const publisher = await connect(test.url);
    await publisher.query('begin');
    await publisher.query(`update round set status = 'PUBLISHED' where code = $1`, [roundCode]);
    const sending = send(report('GSO-2004:01', [item(codeOf('YES_NO'), value('1'))], { roundCode }));
    const settled = vi.fn<() => void>();
    sending.then(settled, settled);
    await untilBlocked(test.database);
    expect(settled).not.toHaveBeenCalled();
    await publisher.query('commit');
    await expect(sending).rejects.toMatchObject({ code: 'ROUND_STATE' });
  });

  it('that is not accepted yet becomes no observation and takes no revision', async () => {
    const before = await readHead(test.database.fork());
    const draft = report('GSO-2025:92', [item(codeOf('YES_NO'), value('1'), { state: 'SUBMITTED', accepted: null })]);
    expect(await send({ ...draft, reviewer: null })).toEqual({ submissions: 1, observations: 0 });
    expect(await readHead(test.database.fork())).toBe(before);
  });

  it('is refused with every problem of the call at once, and nothing of the call is stored', async () => {
    const [yesNo, other, share] = [codeOf('YES_NO'), codeOf('YES_NO', 1), codeOf('RATIO_CAPPED')];
    const failure = await send(
      report('GSO-2025:31', [item(yesNo, value('1'))]),
      report('GSO-2025:33', [
        item('NO_SUCH.1', value('1')),
        item('INDEX', value('1')),
        item(yesNo, value('2')),
        item(other, value('1'), { accepted: null }),
        item(other, value('1'), { state: 'RETURNED' }),
        item(share, ratio('5', '4')),
        item(codeOf('RATIO_CAPPED', 1), ratio('1', '2'), { state: 'ADJUSTED', accepted: value('1') }),
      ]),
      report('GSO-2004:01', []),
      report('GSO-2025:00', []),
      report('GSO-2025:01', [], { roundCode: 'PROVINCE-1999' }),
    ).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'ROUND_ITEM_INVALID',
      details: {
        problems: [
          'PROVINCE-2026 GSO-2025:33 NO_SUCH.1: not an indicator of PDTI-922',
          'PROVINCE-2026 GSO-2025:33 INDEX: not an indicator of PDTI-922',
          ...[0, 1].map(() => `PROVINCE-2026 GSO-2025:33 ${yesNo}: "2" is neither 1 (yes) nor 0 (no)`),
          `PROVINCE-2026 GSO-2025:33 ${other}: is ACCEPTED without an accepted figure`,
          `PROVINCE-2026 GSO-2025:33 ${other}: appears more than once`,
          `PROVINCE-2026 GSO-2025:33 ${other}: is RETURNED with an accepted figure`,
          ...[0, 1].map(() => `PROVINCE-2026 GSO-2025:33 ${share}: claims 5 of only 4`),
          `PROVINCE-2026 GSO-2025:33 ${codeOf('RATIO_CAPPED', 1)}: needs a numerator and a denominator`,
          'PROVINCE-2026 GSO-2004:01: not a member of the round',
          'PROVINCE-2026 GSO-2025:00: not a member of the round',
          'PROVINCE-1999: there is no such round',
        ],
      },
    });
    expect(await itemsOf('GSO-2025:31')).toEqual([]);
    expect(await observations('GSO-2025:31')).toEqual([]);
  });

  it('is refused when another one of the same body, in the same call, says something else', async () => {
    const [one, two] = ['0', '1'].map((text) => report('GSO-2025:37', [item(codeOf('YES_NO'), value(text))]));
    if (one === undefined || two === undefined) throw new Error('too few');
    await expect(send(one, two)).rejects.toMatchObject({
      code: 'ROUND_ITEM_INVALID',
      message: expect.stringContaining('PROVINCE-2026 GSO-2025:37'),
    });
    expect(await send(one, one)).toEqual({ submissions: 1, observations: 1 });
    expect(await observations('GSO-2025:37')).toHaveLength(1);
  });

  it.each(['PUBLISHED', 'DRAFT'])('is refused, with the whole call, for a round that is %s', async (status) => {
    const roundCode = 'PROVINCE-2021';
    await test.database.fork().execute('update round set status = ? where code = ?', [status, roundCode]);
    const good = report('GSO-2025:40', [item(codeOf('YES_NO'), value('1'))]);
    const late = report('GSO-2004:01', [item(codeOf('YES_NO'), value('1'))], { roundCode });
    await expect(send(good, late)).rejects.toMatchObject({
      code: 'ROUND_STATE',
      message: expect.stringContaining(roundCode),
    });
    expect([await itemsOf('GSO-2025:40'), await observations('GSO-2025:40')]).toEqual([[], []]);
    expect(await rowsOf(test.database, 'select from observation where year = 2021')).toEqual([]);
  });

  it('is taken in once when it is sent many times at the same moment', async () => {
    const same = report('GSO-2025:42', [item(codeOf('YES_NO'), value('1'))]);
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => send(same)));
    expect(outcomes.reduce((sum, { submissions }) => sum + submissions, 0)).toBe(1);
    expect(await observations('GSO-2025:42')).toHaveLength(1);
  });

  it('may be one of thousands in a call', async () => {
    const rounds = ['PROVINCE-2022', 'PROVINCE-2023'];
    const provinces = catalogue.content.entities.filter(({ codeSystem }) => codeSystem === 'GSO-2004');
    const items = [
      ...codesOf('YES_NO').map((code) => item(code, value('1'))),
      ...codesOf('RATIO_CAPPED').map((code) => item(code, ratio('1', '3'))),
    ];
    const reports = rounds.flatMap((roundCode) =>
      provinces.map(({ code }) => report(`GSO-2004:${code}`, items, { roundCode })),
    );
    expect(reports.length * items.length).toBeGreaterThan(5000);
    expect(await send(...reports)).toEqual({ submissions: 126, observations: 126 * items.length });
  });
});

describe('a figure', () => {
  it.each([
    ['YES_NO', value('1'), null],
    ['YES_NO', value('0.5'), '"0.5" is neither 1 (yes) nor 0 (no)'],
    ['YES_NO', ratio('1', '1'), 'needs a value'],
    ['YES_NO', NONE, 'has neither a value nor both counts'],
    ['RATIO_CAPPED', ratio('0', '4'), null],
    ['RATIO_CAPPED', ratio('4', '4'), null],
    ['RATIO_CAPPED', ratio('1', '0'), 'cannot be 1 of 0'],
    ['RATIO_CAPPED', ratio('-1', '4'), 'cannot be -1 of 4'],
    ['RATIO_CAPPED', ratio('1', '-4'), 'cannot be 1 of -4'],
    ['RATIO_CAPPED', ratio('1e3', '4'), '"1e3" is not a decimal'],
    ['RATIO_CAPPED', { ...NONE, numerator: '1' }, 'has neither a value nor both counts'],
    ['RATIO_CAPPED', value('0.5'), 'needs a numerator and a denominator'],
    ['TIERED', value('-1'), '"-1" is below 0'],
    ['TIERED', value('1,5'), '"1,5" is not a decimal'],
  ] as const)('under the rule %s: %j gives %j', (kind, figure, problem) => {
    const measure = catalogue.measureByCode('PDTI-922', codeOf(kind));
    if (measure === undefined) throw new Error('no measure');
    expect(checkFigure(figure, measure)).toBe(problem);
  });
});
