import { isJsonObject, type JsonObject } from '../../json.js';
import type { Bench } from '../bench.js';
import { type Check, conclude, failureCode, mustFail, mustNotDiffer, notApplicable, passed } from '../check.js';
import { compareLedgers, figuresOf, ledgerOf } from '../ledger.js';
import { fieldsOf, mapTexts, readField, renameField, shuffle, writeField } from '../rowChange.js';
import type { Trial } from '../trial.js';

const POISON = '☠ không phải số liệu';
/** Fields of a row of code that are tried; which of them are read is not known. */
const MAX_FIELDS = 24;
/** Rows of a stream in which a bad value is tried until it costs a figure. */
const MAX_ROWS = 4;
/** Written in so many ways, all of which mean 1234567 or nothing. */
const WHOLE = ['1.234.567', '1,234,567', '1 234 567', '1_234_567', '１２３４５６７', '1234567,0'];
/** Which all mean 12.5 or nothing. */
const FRACTION = ['12.5', '12,5', '12·5', '1.25e1'];
/** Streams in which all of them are tried. */
const MAX_STREAMS = 2;

/** A source may give its rows in any order. */
export const rowsShuffled: Check = {
  name: 'rows-shuffled',
  title: 'rows of a page in another order give the same result',
  async run(bench) {
    const { ledger } = await bench.baseline();
    const trial = await bench.run({ rows: (rows) => shuffle(rows) });
    return conclude(
      [failureCode(trial) === null ? null : `${trial.failure?.message}`, mustNotDiffer(trial, ledger, 'shuffled')],
      `${ledger.size} figures either way`,
    );
  },
};

/** Unicode has two ways to write Đà Nẵng. */
export const nfcNfd: Check = {
  name: 'nfc-nfd',
  title: 'texts in NFC and in NFD give the same result',
  async run(bench) {
    const { ledger, sourcePages } = await bench.baseline();
    const texts = JSON.stringify(sourcePages.flatMap((page) => page.rows.map((row) => row.raw)));
    if (texts.normalize('NFD') === texts.normalize('NFC')) return notApplicable('the rows have no letters with marks');
    const problems = [];
    for (const form of ['NFC', 'NFD'] as const) {
      const change = (row: JsonObject): JsonObject => {
        const changed = mapTexts(row, (text) => text.normalize(form));
        return isJsonObject(changed) ? changed : row;
      };
      const trial = await bench.run({ rows: (rows) => rows.map(change) });
      problems.push(failureCode(trial) === null ? null : `${form}: ${trial.failure?.message}`);
      problems.push(mustNotDiffer(trial, ledger, form));
    }
    return conclude(problems, `${ledger.size} figures in both forms`);
  },
};

/** One bad field costs one row what reads it, and nothing else. */
export const poisonRows: Check = {
  name: 'poison-rows',
  title: 'a bad value in any mapped field rejects the figures of that row and changes nothing else',
  async run(bench) {
    const outcomes = await poisonEachField(bench);
    if (outcomes.length === 0) return notApplicable('no field is read from rows by its name');
    const problems = outcomes.map(({ problem }) => problem);
    const read = outcomes.filter(({ cost }) => cost > 0);
    if (bench.subject.kind === 'manifest') {
      for (const { field, cost, problem } of outcomes)
        if (cost === 0 && problem === null) problems.push(`${field}: a bad value rejects nothing`);
    } else if (read.length === 0) problems.push('a bad value in no field of a row rejects anything');
    return conclude(
      problems,
      `${read.length} fields, each with a reject of its own row: ${read.map(({ field }) => field).join(', ')}`,
    );
  },
};

/** A field that goes away must not become zeros or nothing. */
export const valueRenamed: Check = {
  name: 'value-renamed',
  title: 'a value field with another name fails or rejects, and is never read as nothing',
  async run(bench) {
    const whole = await bench.baseline();
    const fields = await figureFields(bench);
    if (fields.length === 0) return notApplicable('no figure is read from a field by its name');
    const problems: (string | null)[] = [];
    const seen: string[] = [];
    for (const { stream, field } of fields) {
      const trial = await bench.run({ rows: (rows) => rows.map((row) => renameField(row, field)) });
      if (trial.failure !== null) {
        problems.push(mustFail(trial, field));
        seen.push(`${field}: ${trial.failure.code}`);
        continue;
      }
      const lost = [...whole.ledger.keys()].filter((identity) => !trial.ledger.has(identity));
      const difference = compareLedgers(whole.ledger, trial.ledger, new Set(lost));
      const rejects = trial.rejected - whole.rejected;
      if (difference !== null) problems.push(`${field} of ${stream} renamed: ${difference}`);
      else if (lost.length === 0) problems.push(`${field} of ${stream} renamed: every figure is still there`);
      else if (rejects < lost.length)
        problems.push(`${field} of ${stream} renamed: ${lost.length} figures are gone, ${rejects} were rejected`);
      seen.push(`${field}: ${rejects} rejects`);
    }
    return conclude(problems, seen.join(', '));
  },
};

/** 1.234.567 is not 1.234. */
export const numberLocales: Check = {
  name: 'number-locales',
  title: 'a number in the spelling of another locale is read right or rejected',
  async run(bench) {
    const problems: (string | null)[] = [];
    let [right, refused] = [0, 0];
    for (const { stream, fields } of groupFields(await figureFields(bench)).slice(0, MAX_STREAMS)) {
      const [place] = await findRows(bench, stream, fields);
      if (place === undefined) continue;
      for (const { reference, spellings, share } of [
        { reference: 1_234_567, spellings: WHOLE, share: 1 },
        { reference: 25, spellings: FRACTION, share: 0.5 },
      ]) {
        const before = figuresAt(await bench.baseline(), place);
        const given = figuresAt(await write(bench, place, fields, reference), place);
        // A ratio of which one part alone is known says nothing.
        const wanted = new Map(
          [...given].filter(([identity, figure]) => before.get(identity) !== figure && isEven(figure)),
        );
        for (const spelling of wanted.size === 0 ? [] : spellings) {
          const trial = await write(bench, place, fields, spelling);
          if (trial.failure !== null) {
            problems.push(mustFail(trial, spelling));
            continue;
          }
          const received = figuresAt(trial, place);
          for (const [identity, figure] of wanted) {
            const other = received.get(identity);
            if (other === undefined) refused += 1;
            else if (isSame(figure, other, share)) right += 1;
            else problems.push(`"${spelling}" in ${fields.join(', ')} of ${stream} became ${other}`);
          }
        }
      }
    }
    if (right + refused + problems.length === 0) return notApplicable('no figure is read from a field by its name');
    return conclude(problems, `${right} spellings read right, ${refused} rejected`);
  },
};

/** Nobody can say which of two figures is right. */
export const duplicateIdentity: Check = {
  name: 'duplicate-identity',
  title: 'the same figure twice counts once, another figure for the same identity is never taken in silence',
  async run(bench) {
    const whole = await bench.baseline();
    const pair = await findPair(bench);
    if (pair === null) return notApplicable('no page of the sample has two rows with figures');
    const [first, second] = pair;
    // In the place of another row, so that no total and no offset is concerned.
    const replace = (make: (row: JsonObject) => JsonObject): Promise<Trial> =>
      bench.run({
        rows: (rows, page) =>
          page === first.page ? rows.map((row, at) => (at === second.row ? make(rows[first.row] ?? row) : row)) : rows,
      });
    const outcomesOf = (trial: Trial): number => trial.rejected + trial.skipped - whole.rejected - whole.skipped;
    const same = await replace((row) => row);
    const problems = [judgeDuplicate(whole, same, second.identities, 'a row twice')];
    if (same.failure === null && outcomesOf(same) < 1) problems.push('a row twice: the second one left no trace');
    let seen = `a row twice: ${same.failure?.code ?? `${outcomesOf(same)} skips`}`;
    const [field] = (await figureFields(bench)).filter(({ stream }) => stream === whole.pages[first.at]?.stream);
    if (field !== undefined && readField(first.raw, field.field) !== undefined) {
      const trial = await replace((row) => another(row, field.field));
      const either = new Set([...first.identities, ...second.identities]);
      problems.push(judgeDuplicate(whole, trial, either, 'another figure'));
      if (trial.failure === null && outcomesOf(trial) < 1)
        problems.push(`another figure in ${field.field} for the same identity was neither rejected nor skipped`);
      seen += `; another figure: ${trial.failure?.code ?? `${outcomesOf(trial)} rejected or skipped`}`;
    }
    return conclude(problems, seen);
  },
};

/** "200 and nothing" is not success. */
export const emptyAfterFull: Check = {
  name: 'empty-after-full',
  title: 'nothing where there was something is not success',
  async run(bench) {
    const trial = await bench.run({ rows: () => [], sample: null, pageSize: null });
    if (trial.failure !== null) return conclude([mustFail(trial, 'no rows')], trial.failure.code);
    if (trial.ledger.size > 0) return conclude([`no rows came, and ${trial.ledger.size} figures were read`], '');
    const off = bench.subject.create({}).streams.filter(({ rules }) => rules?.minRowsShare === 0);
    if (off.length > 0)
      return conclude([`the streams ${off.map(({ name }) => name).join(', ')} accept nothing (minRowsShare 0)`], '');
    return passed('0 rows are read and known as such: the rule minRowsShare fails the run');
  },
};

function judgeDuplicate(whole: Trial, trial: Trial, except: ReadonlySet<string>, what: string): string | null {
  if (trial.failure !== null) return mustFail(trial, what);
  const difference = compareLedgers(whole.ledger, trial.ledger, except);
  return difference === null ? null : `${what}: ${difference}`;
}

/** Two rows of one page with figures of different identities. */
async function findPair(bench: Bench): Promise<readonly [RowPlace, RowPlace] | null> {
  for (const stream of new Set((await bench.baseline()).pages.map((page) => page.stream))) {
    const places = await findRows(bench, stream, []);
    for (const first of places) {
      const second = places.find(
        (each) =>
          each.page === first.page &&
          each.row > first.row &&
          [...each.identities].every((identity) => !first.identities.has(identity)),
      );
      if (second !== undefined) return [first, second];
    }
  }
  return null;
}

interface PoisonOutcome {
  readonly stream: string;
  readonly field: string;
  /** Figures that the bad value cost. */
  readonly cost: number;
  readonly rules: ReadonlySet<string>;
  readonly problem: string | null;
}

const poisoned = new WeakMap<Bench, Promise<readonly PoisonOutcome[]>>();

/** Puts a bad value into each field of one row of each stream, one trial each; done once for a bench. */
function poisonEachField(bench: Bench): Promise<readonly PoisonOutcome[]> {
  const known = poisoned.get(bench) ?? tryEachField(bench);
  poisoned.set(bench, known);
  return known;
}

async function tryEachField(bench: Bench): Promise<readonly PoisonOutcome[]> {
  const whole = await bench.baseline();
  const outcomes: PoisonOutcome[] = [];
  for (const stream of new Set(whole.pages.map((page) => page.stream))) {
    const named = bench.subject.fields.find((each) => each.stream === stream);
    const fields =
      named === undefined
        ? fieldsOf((await findRows(bench, stream, []))[0]?.raw ?? {}).slice(0, MAX_FIELDS)
        : [...new Set([...named.entity, ...named.period, ...named.figures])];
    for (const field of fields) {
      let outcome: PoisonOutcome | null = null;
      // A figure may have a condition, so that not every row with the field has it.
      for (const place of (await findRows(bench, stream, [field])).slice(0, MAX_ROWS)) {
        outcome = { stream, field, ...judgePoison(whole, await write(bench, place, [field], POISON), place) };
        if (outcome.cost > 0 || outcome.problem !== null) break;
      }
      if (outcome !== null) outcomes.push(outcome);
    }
  }
  return outcomes;
}

function judgePoison(whole: Trial, trial: Trial, place: RowPlace): Omit<PoisonOutcome, 'stream' | 'field'> {
  const none = { cost: 0, rules: new Set<string>() };
  if (trial.failure !== null)
    return { ...none, problem: `a bad value in ${place.fields} ended the run: ${trial.failure.message}` };
  const elsewhere = compareLedgers(whole.ledger, trial.ledger, place.identities);
  const kept = figuresAt(trial, place);
  const changed = [...kept].find(([identity, figure]) => whole.ledger.get(identity) !== figure);
  const rejects = trial.pages.flatMap((page, at) => page.rejected.map((reject) => ({ ...reject, at })));
  const own = rejects.filter((reject) => reject.at === place.at && reject.row === place.row);
  const others = rejects.length - own.length;
  const skips = trial.skipped - whole.skipped;
  const cost = place.identities.size - kept.size;
  const problem = (): string | null => {
    if (elsewhere !== null) return `a bad value in ${place.fields} changed another row: ${elsewhere}`;
    if (changed !== undefined) return `a bad value in ${place.fields} became the figure ${changed[1]}`;
    if (others !== whole.rejected) return `a bad value in ${place.fields} rejected other rows`;
    if (own.length + Math.max(0, skips) < cost)
      return `a bad value in ${place.fields} lost ${cost} figures, ${own.length} were rejected`;
    return null;
  };
  return { cost: own.length === 0 ? 0 : cost, rules: new Set(own.map(({ rule }) => rule)), problem: problem() };
}

/** Fields of figures in the sample: those that the manifest names, or whose bad values are no numbers. */
async function figureFields(bench: Bench): Promise<readonly { readonly stream: string; readonly field: string }[]> {
  const outcomes = (await poisonEachField(bench)).filter(({ cost }) => cost > 0);
  if (bench.subject.kind === 'code') return outcomes.filter(({ rules }) => rules.has('number'));
  const named = bench.subject.fields.flatMap(({ stream, figures }) => figures.map((field) => `${stream} ${field}`));
  return outcomes.filter(({ stream, field }) => named.includes(`${stream} ${field}`));
}

function groupFields(fields: readonly { readonly stream: string; readonly field: string }[]) {
  const byStream = Map.groupBy(fields, ({ stream }) => stream);
  return [...byStream].map(([stream, each]) => ({ stream, fields: each.map(({ field }) => field) }));
}

/** A row of the baseline that gave figures, and has a value in one of the fields. */
interface RowPlace {
  /** Index of the page in the trial. */
  readonly at: number;
  /** Number of the change of rows that the page goes through. */
  readonly page: number;
  readonly row: number;
  readonly raw: JsonObject;
  readonly identities: ReadonlySet<string>;
  /** For messages. */
  readonly fields: string;
}

/** Rows far apart come first. */
async function findRows(bench: Bench, stream: string, fields: readonly string[]): Promise<readonly RowPlace[]> {
  const { pages, changes } = await bench.baseline();
  const rows = await bench.rows();
  const places = pages.flatMap((page, at): RowPlace[] => {
    const change = changes[at] ?? null;
    if (page.stream !== stream || change === null) return [];
    const figures = figuresOf(page);
    const byRow = Map.groupBy(page.records.keys(), (index) => page.records[index]?.row ?? 0);
    return [...byRow].flatMap(([row, indexes]): RowPlace[] => {
      const raw = rows[change - 1]?.[row];
      if (raw === undefined) return [];
      if (fields.length > 0 && !fields.some((field) => (readField(raw, field) ?? null) !== null)) return [];
      const identities = new Set(indexes.map((index) => figures[index]?.identity ?? ''));
      return [{ at, page: change, row, raw, identities, fields: `${fields.join(', ')} of ${stream}` }];
    });
  });
  return shuffle(places);
}

/** A trial in which one row has another value in some fields. */
function write(bench: Bench, place: RowPlace, fields: readonly string[], value: string | number): Promise<Trial> {
  const change = (row: JsonObject): JsonObject =>
    fields.reduce(
      (changed, field) => (readField(changed, field) === undefined ? changed : writeField(changed, field, value)),
      row,
    );
  return bench.run({
    rows: (rows, page) => (page === place.page ? rows.map((row, at) => (at === place.row ? change(row) : row)) : rows),
  });
}

/** The figures that the row at a place gave in a trial. */
function figuresAt(trial: Trial, place: RowPlace): ReadonlyMap<string, string> {
  const page = trial.pages[place.at];
  if (page === undefined) return new Map();
  return ledgerOf([{ ...page, records: page.records.filter(({ row }) => row === place.row) }]);
}

function another(row: JsonObject, field: string): JsonObject {
  return writeField(row, field, String(readField(row, field)) === '1' ? 2 : 1);
}

/** True for a value, and for a ratio of equal parts. */
function isEven(figure: string): boolean {
  const [part, whole = part] = figure.split(' ')[0]?.split('/') ?? [];
  return part === whole;
}

/** True when a figure is a share of the reference, part by part: `25/25 A` and `12.5/12.5 A` with a share of one half. */
function isSame(reference: string, figure: string, share: number): boolean {
  const [wanted, received] = [reference, figure].map((text) => text.split(' ')[0]?.split('/').map(Number) ?? []);
  return (wanted ?? []).every(
    (number, at) => Math.abs(number * share - (received?.[at] ?? Number.NaN)) < 1e-9 * Math.abs(number) + 1e-12,
  );
}
