import { isJsonObject, type JsonObject, memberText, parseJson } from '../../../../src/source/json.js';
import { judgeByStatus } from '../../../../src/source/verdict.js';
import { CORRECT, type ExampleAnswer, type ExampleParts, readAnswer } from '../exampleConnector.js';

/** A connector that does one thing wrong, and the check that must say so. */
export interface CodeMutant {
  readonly name: string;
  /** Name of the check. */
  readonly caughtBy: string;
  /** Made anew for each run of the suite: some mutants remember. */
  create(): Partial<ExampleParts>;
}

const NOTHING: ExampleAnswer = { page: 1, pages: 1, total: 0, next: null, items: [] };

function tryParse(body: string): ExampleAnswer | null {
  try {
    return readAnswer(parseJson(body));
  } catch {
    return null;
  }
}

function numberIn(item: JsonObject, field: string, read: (text: string) => number): string | null {
  const text = memberText(item, field);
  const number = text === null ? Number.NaN : read(text);
  return Number.isNaN(number) ? text : String(number);
}

/** A clock in each answer hides that it is one that was there already. */
function addClock(): ExampleParts['finish'] {
  let answers = 0;
  return (page) => {
    answers += 1;
    return { ...page, response: { ...page.response, body: `${page.response.body} ${answers}` } };
  };
}

/** Without a total that gives it away. */
const NO_TOTAL: Partial<ExampleParts> = { totalOf: () => null };

/** Mistakes that real connectors make. */
export const CODE_MUTANTS: readonly CodeMutant[] = [
  {
    name: 'asks for entities in a code system that there is not',
    caughtBy: 'reads',
    create: () => ({ entityOf: () => '' }),
  },
  {
    name: 'stamps its figures with the number of the run',
    caughtBy: 'read-twice',
    create: () => {
      let figures = 0;
      return {
        numberOf: (item, field) => {
          figures += 1;
          return field === 'satisfaction' ? String(figures) : memberText(item, field);
        },
      };
    },
  },
  {
    name: 'takes a page of fewer than five rows for the last one',
    caughtBy: 'page-sizes',
    create: () => ({ ...NO_TOTAL, nextOf: (answer) => (answer.items.length < 5 ? null : answer.next) }),
  },
  {
    name: 'goes on one page too late after a restart',
    caughtBy: 'killed-and-resumed',
    create: () => ({ checkpointOf: (next) => next + 1 }),
  },
  {
    name: 'counts provinces by the place of the row',
    caughtBy: 'rows-shuffled',
    create: () => ({
      rowsOf: (items, mapRow) =>
        items.map((item, at) =>
          mapRow(
            isJsonObject(item) ? { ...item, province: ['Hà Nội', 'Đà Nẵng', 'Quảng Ninh', 'Cà Mau'][at % 4] } : item,
          ),
        ),
    }),
  },
  {
    name: 'keeps the last row of each province and month, in silence',
    caughtBy: 'duplicate-identity',
    create: () => ({
      rowsOf: (items, mapRow) =>
        [
          ...new Map(
            items.map((item) => [`${memberText(item, 'province')} ${memberText(item, 'reportedAt')}`, item]),
          ).values(),
        ].map(mapRow),
    }),
  },
  {
    name: 'leaves provisional rows out without a word',
    caughtBy: 'accounting',
    create: () => ({
      ...NO_TOTAL,
      rowsOf: (items, mapRow) => items.filter((item) => memberText(item, 'province') !== 'Cà Mau').map(mapRow),
    }),
  },
  {
    name: 'declares as many rows as it has read',
    caughtBy: 'declared-total',
    create: () => ({ totalOf: (_answer, rowsSoFar) => rowsSoFar }),
  },
  {
    name: 'ends the run at a number that is none',
    caughtBy: 'poison-rows',
    create: () => ({
      numberOf: (item, field) => {
        const text = memberText(item, field);
        if (text !== null && Number.isNaN(Number(text))) throw new Error(`${field} is ${text}`);
        return text;
      },
    }),
  },
  {
    name: 'reads a field that is not there as zero',
    caughtBy: 'value-renamed',
    create: () => ({ numberOf: (item, field) => memberText(item, field) ?? '0' }),
  },
  {
    name: 'accepts that a source has nothing any more',
    caughtBy: 'empty-after-full',
    create: () => ({ ...NO_TOTAL, rules: { minRowsShare: 0 } }),
  },
  {
    name: 'compares names byte by byte',
    caughtBy: 'nfc-nfd',
    create: () => {
      const codes: Readonly<Record<string, string>> = {
        'Hà Nội': '01',
        'Đà Nẵng': '48',
        'Quảng Ninh': '22',
        'Cà Mau': '96',
      };
      return { entityOf: (item) => codes[memberText(item, 'province') ?? ''] ?? 'unknown' };
    },
  },
  {
    name: 'reads numbers with parseFloat',
    caughtBy: 'number-locales',
    create: () => ({ numberOf: (item, field) => numberIn(item, field, Number.parseFloat) }),
  },
  {
    name: 'takes every comma for a mark of thousands',
    caughtBy: 'number-locales',
    create: () => ({ numberOf: (item, field) => numberIn(item, field, (text) => Number(text.replaceAll(',', ''))) }),
  },
  {
    name: 'takes the month from the clock of the machine',
    caughtBy: 'time-zones',
    create: () => ({
      periodOf: (item) => {
        const date = new Date(memberText(item, 'reportedAt') ?? '');
        return Number.isNaN(date.getTime())
          ? 'unknown'
          : `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}`;
      },
    }),
  },
  {
    name: 'takes a page of HTML for a page without rows',
    caughtBy: 'html-200',
    create: () => ({ ...NO_TOTAL, judge: judgeByStatus, parse: ({ body }) => tryParse(body) ?? NOTHING }),
  },
  {
    name: 'takes an empty body for a page without rows',
    caughtBy: 'wrong-content',
    create: () => ({
      ...NO_TOTAL,
      judge: judgeByStatus,
      parse: ({ body }) => (body === '' ? NOTHING : readAnswer(parseJson(body))),
    }),
  },
  {
    name: 'mends half a body by closing its brackets',
    caughtBy: 'half-body',
    create: () => ({
      ...NO_TOTAL,
      judge: judgeByStatus,
      parse: ({ body }) =>
        tryParse(body) ??
        tryParse(`${body.slice(0, body.lastIndexOf('}') + 1)}]}`) ?? { ...readAnswer(parseJson(body)) },
      nextOf: ({ next }) => (Number.isNaN(Number(next)) ? null : next),
    }),
  },
  {
    name: 'takes an error of the server for the end of the data',
    caughtBy: 'server-error',
    create: () => ({
      ...NO_TOTAL,
      judge: () => ({ kind: 'ok' }),
      parse: (response) => (response.status >= 500 ? NOTHING : readAnswer(parseJson(response.body))),
    }),
  },
  {
    name: 'sets no bound to a body',
    caughtBy: 'endless-body',
    create: () => ({ bounds: { ...CORRECT.bounds, maxBodyBytes: Number.POSITIVE_INFINITY } }),
  },
  {
    name: 'takes 304 for nothing, whatever it asked',
    caughtBy: 'not-modified',
    create: () => ({
      ...NO_TOTAL,
      judge: (response) => (response.status === 304 ? { kind: 'ok' } : CORRECT.judge(response)),
      parse: (response) => (response.status === 304 ? NOTHING : CORRECT.parse(response)),
    }),
  },
  {
    name: 'counts pages by itself and believes every answer',
    caughtBy: 'page-repeated',
    create: () => ({
      ...NO_TOTAL,
      nextOf: ({ pages }, page) => (page < pages ? page + 1 : null),
      finish: addClock(),
    }),
  },
  {
    name: 'follows a next page that leads back',
    caughtBy: 'next-link-to-itself',
    create: () => ({ ...NO_TOTAL, finish: addClock() }),
  },
  {
    name: 'tries again with the token that was refused',
    caughtBy: '401-mid-run',
    create: () => ({
      judge: (response) =>
        response.status === 401 ? { kind: 'retry', reason: 'status 401' } : CORRECT.judge(response),
    }),
  },
  {
    name: 'tries again at once, whatever Retry-After says',
    caughtBy: 'retry-after',
    create: () => ({
      judge: (response) =>
        response.status === 429 ? { kind: 'retry', reason: 'status 429', afterMs: 0 } : CORRECT.judge(response),
    }),
  },
  {
    name: 'shows a token that it does not hide',
    caughtBy: 'secrets',
    create: () => ({
      hide: () => {},
      judge: (response) =>
        response.status === 400
          ? { kind: 'fail', code: 'SYNC_PROTOCOL', reason: `the source says ${response.body}` }
          : CORRECT.judge(response),
    }),
  },
];
