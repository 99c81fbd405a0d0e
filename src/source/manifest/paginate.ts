import { compilePath } from '../decode/path.js';
import { syncFailure } from '../failure.js';
import type { Answer } from './ask.js';
import type { PaginationSpec, StopSpec } from './pagingSchema.js';
import { compilePredicate, type PredicateScope } from './predicate.js';
import { readCount, readScalar } from './readDocument.js';
import type { ScopeValue } from './template.js';
import { PAGE_VARIABLES } from './text.js';
import { addressOf } from './writeRequest.js';

/** Where a loop stands: what the next request asks for. */
export interface Position {
  readonly page: number;
  readonly offset: number;
  /** The token of the page before; null on the first page. */
  readonly next: string | number | null;
  /** The address of the next page; null = that of the stream. */
  readonly url: string | null;
  readonly isFirst: boolean;
  readonly carry: Readonly<Record<string, ScopeValue>>;
}

/** What a loop has counted so far. */
export interface PagerCount {
  readonly rows: number;
  /** In a row, at its end. */
  readonly emptyPages: number;
}

/** Either where to read on, or why the loop ends. */
export type Step = { readonly next: Position } | { readonly stop: string };

/** A gap in a source that declares more rows than it has read so far is not longer than this. */
const MAX_EMPTY_PAGES = 5;

/** The loop of one part of a stream. */
export interface Pager {
  readonly first: Position;
  /** @throws PlatformError SYNC_PROTOCOL when the answer does not say what the pagination needs, or leads back to where it was */
  advance(position: Position, answer: Answer): Step;
  /** Rows that the answer declares for the whole loop; null = not said. */
  readTotal(answer: Answer): number | null;
  /** What predicates may look at. */
  describe(position: Position, answer: Answer): PredicateScope;
  /** What it needs to go on elsewhere from its next position. */
  count(): PagerCount;
}

type Numbered = Extract<PaginationSpec, { type: 'page' | 'offset' }>;
type Linked = Extract<PaginationSpec, { type: 'cursor' | 'linkHeader' | 'nextUrl' }>;

const NOTHING_COUNTED: PagerCount = { rows: 0, emptyPages: 0 };

/**
 * Makes the loop of one part of a stream; every part needs its own.
 * @param counted by the loop of the same part before an interruption. Pages that it had seen are not known any more: that none comes twice is also
 *   watched over the whole run.
 */
export function createPager(spec: PaginationSpec, baseUrl: string, counted: PagerCount = NOTHING_COUNTED): Pager {
  const total = spec.total === undefined ? null : compilePath(spec.total);
  const readTotal: Pager['readTotal'] = (answer) => {
    if (total === null || answer.empty !== null) return null;
    const count = readCount(total(answer.document));
    if (count === null) throw protocolFailure(`the answer declares no total in ${spec.total}`);
    return count;
  };
  const describe: Pager['describe'] = (position, { response, document, rows }) => ({
    body: document,
    status: response.status,
    headers: response.headers,
    rows: rows.length,
    page: position.page,
    offset: position.offset,
    pageSize: sizeOf(spec),
    carry: position.carry,
  });
  const first: Position = {
    page: spec.type === 'page' ? spec.first : 1,
    offset: spec.type === 'offset' ? spec.first : 0,
    next: null,
    url: null,
    isFirst: true,
    carry: spec.type === 'none' ? {} : Object.fromEntries(Object.keys(spec.carry).map((name) => [name, null])),
  };
  let count = counted;
  const finish = (advance: Pager['advance']): Pager => ({
    first,
    readTotal,
    describe,
    count: () => count,
    advance: (position, answer) => (answer.empty === null ? advance(position, answer) : { stop: answer.empty }),
  });
  if (spec.type === 'none') return finish(() => ({ stop: 'one answer has everything' }));
  const carried = Object.entries(spec.carry).map(([name, path]) => [name, compilePath(path)] as const);
  const readCarry = ({ document }: Answer): Position['carry'] =>
    Object.fromEntries(carried.map(([name, find]) => [name, readScalar(find(document))]));
  const isLast = createStopRule(spec, spec.stop, { readTotal, describe });
  const move = spec.type === 'page' || spec.type === 'offset' ? createCounter(spec) : createFollower(spec, baseUrl);
  return finish((position, answer) => {
    const { length } = answer.rows;
    count = { rows: count.rows + length, emptyPages: length === 0 ? count.emptyPages + 1 : 0 };
    const reason = isLast(position, answer, count);
    if (reason !== null) return { stop: reason };
    const moved = move(position, answer);
    if ('stop' in moved) return moved;
    return { next: { ...position, page: position.page + 1, ...moved, isFirst: false, carry: readCarry(answer) } };
  });
}

function sizeOf(spec: PaginationSpec): number | null {
  return spec.type === 'none' ? null : (spec.size ?? null);
}

type StopRule = (position: Position, answer: Answer, count: PagerCount) => string | null;

/** Makes the rule that ends a loop. */
function createStopRule(
  spec: Numbered | Linked,
  stop: StopSpec,
  { readTotal, describe }: Pick<Pager, 'readTotal' | 'describe'>,
): StopRule {
  const rule = compileStop(spec, stop);
  return (position, answer, count) =>
    rule({ ...count, position, answer, total: readTotal(answer), scope: describe(position, answer) });
}

interface Facts {
  readonly position: Position;
  readonly answer: Answer;
  /** Of the loop so far. */
  readonly rows: number;
  readonly emptyPages: number;
  readonly total: number | null;
  readonly scope: PredicateScope;
}

function compileStop(spec: Numbered | Linked, stop: StopSpec): (facts: Facts) => string | null {
  switch (stop.rule) {
    case 'noNext':
      return () => null;
    case 'totalReached':
      return ({ rows, emptyPages, total }) => {
        if (total !== null && rows >= total) return `total of ${total} rows reached`;
        if (emptyPages < MAX_EMPTY_PAGES) return null;
        // Empty pages would follow up to the bounds of the run.
        throw protocolFailure(
          `the source declares ${total ?? 'no'} rows, but after ${rows} there are ${emptyPages} empty pages on end`,
        );
      };
    case 'emptyPage':
      return ({ emptyPages }) => (emptyPages >= stop.pages ? `${emptyPages} empty page(s)` : null);
    case 'shortPage': {
      const size = sizeOf(spec) ?? 0;
      return ({ answer }) =>
        answer.rows.length < size ? `page of ${answer.rows.length} rows, fewer than ${size}` : null;
    }
    case 'lastPage': {
      const find = compilePath(stop.path);
      const first = spec.type === 'page' ? spec.first : 1;
      return ({ position, answer }) => {
        const pages = readCount(find(answer.document));
        if (pages === null) throw protocolFailure(`the answer has no number of pages in ${stop.path}`);
        const number = position.page - first + 1;
        return number >= pages ? `page ${number} of ${pages}` : null;
      };
    }
    case 'hasMore': {
      const find = compilePath(stop.path);
      return ({ answer }) => {
        const more = find(answer.document)[0];
        if (more === true || more === 'true' || more === 1 || more === '1') return null;
        if (more === false || more === 'false' || more === 0 || more === '0') return `${stop.path} is false`;
        throw protocolFailure(`the answer does not say in ${stop.path} whether there is more`);
      };
    }
    case 'expression': {
      const when = compilePredicate(stop.when, PAGE_VARIABLES);
      return ({ scope }) => (when(scope) ? 'the stop rule holds' : null);
    }
  }
}

type Move = (position: Position, answer: Answer) => Partial<Position> | { readonly stop: string };

function createCounter(spec: Numbered): Move {
  if (spec.type === 'page') return () => ({});
  const { advanceBy, size } = spec;
  return (position, answer) => {
    const step = advanceBy === 'size' ? size : answer.rows.length;
    if (step > 0) return { offset: position.offset + step };
    throw protocolFailure(
      `the page at offset ${position.offset} is empty before the stop rule holds; reading on would never end`,
    );
  };
}

function createFollower(spec: Linked, baseUrl: string): Move {
  const seen = new Set<string>();
  const find = spec.type === 'linkHeader' ? null : compilePath(spec.next);
  return (_position, answer) => {
    const found = find === null ? findLink(answer.response.headers.link, spec) : readScalar(find(answer.document));
    if (found === null) {
      // The stop rule was asked before, and did not hold.
      if (spec.stop.rule === 'noNext') return { stop: describeEnd(spec) };
      throw protocolFailure(
        `there is no ${spec.type === 'cursor' ? 'token' : 'link'} to a next page, but the rule ${spec.stop.rule} says that there is one`,
      );
    }
    const target = spec.type === 'cursor' ? found : resolveLink(String(found), addressOf(answer.request, baseUrl));
    if (seen.has(String(target))) throw protocolFailure(`its next page leads back to one that was read: ${target}`);
    seen.add(String(target));
    return spec.type === 'cursor' ? { next: target } : { url: String(target) };
  };
}

function describeEnd(spec: Linked): string {
  if (spec.type === 'linkHeader') return `no link with relation ${spec.relation}`;
  return `no ${spec.type === 'cursor' ? 'next token' : 'next address'} in ${spec.next}`;
}

/** Links are relative to the request that they answer. */
function resolveLink(link: string, address: string): string {
  if (!URL.canParse(link, address)) throw protocolFailure(`its next page is no address: ${link.slice(0, 100)}`);
  return new URL(link, address).href;
}

/** The target of the first link with a relation, of a Link header (RFC 8288). */
function findLink(header: string | undefined, spec: Linked): string | null {
  const relation = spec.type === 'linkHeader' ? spec.relation.toLowerCase() : '';
  const links = (header ?? '').matchAll(/<([^<>]*)>((?:\s*;\s*[\w*!#$&+.^`|~-]+\s*(?:=\s*(?:"[^"]*"|[^",;\s]*))?)*)/g);
  for (const [, target = '', parameters = ''] of links) {
    const rel = /;\s*rel\s*=\s*(?:"([^"]*)"|([^",;\s]*))/i.exec(parameters);
    const relations = (rel?.[1] ?? rel?.[2] ?? '').toLowerCase().split(/\s+/);
    if (relations.includes(relation)) return target;
  }
  return null;
}

function protocolFailure(what: string): Error {
  return syncFailure('SYNC_PROTOCOL', `Reading page by page failed: ${what}.`);
}
