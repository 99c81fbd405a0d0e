import 'reflect-metadata';
import { Buffer } from 'node:buffer';
import { GraphQLInt } from 'graphql';
import { ArgsType, type ClassType, Field, ObjectType } from 'type-graphql';
import { PlatformError } from '../domain/errors.js';
import { DEFAULT_FIRST, ListSize, MAX_FIRST } from './cost.js';

/** Arguments of every list that can grow. */
@ArgsType()
export class PageArgs {
  @Field(() => GraphQLInt, {
    nullable: true,
    defaultValue: DEFAULT_FIRST,
    description: 'How many at most, 0 to 1,000. Another number is an error BAD_USER_INPUT.',
  })
  first: number | null = DEFAULT_FIRST;

  @Field(() => String, {
    nullable: true,
    description:
      'A cursor of an earlier page of the same list: what comes after it is shown, as the list is now, or in the state of the field that it lies below, and not as the earlier page showed it.',
  })
  after?: string | null;
}

/** Where a page begins. */
export interface Position {
  /** Names the list, so that a cursor of another one is noticed. */
  readonly list: string;
  readonly revision: number;
  /** Key of the last row before the page; null = the first page. */
  readonly after: string | null;
}

/**
 * The size of a page.
 * @throws PlatformError BAD_USER_INPUT
 */
export function pageSize({ first }: PageArgs): number {
  const size = first ?? DEFAULT_FIRST;
  if (size >= 0 && size <= MAX_FIRST) return size;
  throw new PlatformError(
    'BAD_USER_INPUT',
    `"first" must be 0 to ${MAX_FIRST}, received ${size}; ask for pages with "after".`,
  );
}

/** Text that names a row of a list at a revision. Opaque to clients. */
export function writeCursor({ list, revision }: Position, key: string): string {
  return Buffer.from(JSON.stringify([list, revision, key])).toString('base64url');
}

/**
 * Reads a cursor.
 * @param list the list that it must belong to
 * @throws PlatformError BAD_USER_INPUT
 */
export function readCursor(cursor: string, list: string): { revision: number; key: string } {
  const parts = parse(cursor);
  const [of, revision, key] = Array.isArray(parts) ? (parts as unknown[]) : [];
  const isWhole = typeof revision === 'number' && Number.isSafeInteger(revision) && revision >= 0;
  if (of === list && isWhole && typeof key === 'string') return { revision, key };
  throw badCursor(cursor);
}

/** The revision that a cursor names; 0 = it names none. */
export function revisionOfCursor(cursor: string): number {
  const parts = parse(cursor);
  const revision: unknown = Array.isArray(parts) ? parts[1] : 0;
  return typeof revision === 'number' ? revision : 0;
}

/**
 * Where a page of a list below a root field begins: in the state of the root field, whatever that of the cursor was.
 * @throws PlatformError BAD_USER_INPUT
 */
export function positionIn(list: string, revision: number, { after }: PageArgs): Position {
  const isFirst = after === undefined || after === null;
  return { list, revision, after: isFirst ? null : readCursor(after, list).key };
}

/**
 * The number that a page begins after, for lists by id; null = the first page.
 * @throws PlatformError BAD_USER_INPUT
 */
export function numberAfter(position: Position): number | null {
  const { after } = position;
  if (after === null) return null;
  if (/^\d{1,15}$/.test(after)) return Number(after);
  throw badCursor(writeCursor(position, after));
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return null;
  }
}

function badCursor(cursor: string): PlatformError {
  return new PlatformError(
    'BAD_USER_INPUT',
    `"${cursor.slice(0, 80)}" is not a cursor of this list; take one from an earlier page with the same arguments, or begin without "after".`,
  );
}

/** The rows of a page and what is around them. */
export interface Page<Node> {
  readonly position: Position;
  readonly nodes: readonly Node[];
  readonly keyOf: (node: Node) => string;
  readonly hasNext: boolean;
  /** Asked only when the client does. */
  readonly countAll: () => number | Promise<number>;
}

/** A list in memory, in order: an array, or what tells its rows one by one. */
export interface Rows<Row> {
  readonly length: number;
  at(place: number): Row | undefined;
}

/** What is known of a list beyond its rows. */
interface Listing<Row> {
  /** Which rows are in the list; without it all. Asked until the page is full and one more is found, which tells that there is a next page. */
  readonly matches?: ((row: Row) => boolean) | null;
  /** The place of the row that a key names, -1 = of none, where that is quicker to tell than the keys of thousands of rows. */
  readonly placeOf?: (key: string) => number;
}

/**
 * Cuts a page out of a list in memory.
 * @throws PlatformError BAD_USER_INPUT when the row of the cursor is not in the list
 */
export function slicePage<Row>(
  all: Rows<Row>,
  keyOf: (row: Row) => string,
  position: Position,
  size: number,
  { matches = null, placeOf }: Listing<Row> = {},
): Page<Row> {
  const nodes: Row[] = [];
  let place = position.after === null ? 0 : placeAfter(position.after);
  while (place < all.length && nodes.length < size) {
    const row = rowAt(place);
    place += 1;
    if (row !== null) nodes.push(row);
  }
  while (place < all.length && rowAt(place) === null) place += 1;
  return { position, nodes, keyOf, hasNext: place < all.length, countAll };

  function rowAt(at: number): Row | null {
    const row = all.at(at) as Row;
    return matches === null || matches(row) ? row : null;
  }

  function placeAfter(key: string): number {
    const at = placeOf === undefined ? findKey(key) : placeOf(key);
    if (at < 0 || at >= all.length || rowAt(at) === null) throw badCursor(writeCursor(position, key));
    return at + 1;
  }

  function findKey(key: string): number {
    for (let at = 0; at < all.length; at += 1) if (keyOf(all.at(at) as Row) === key) return at;
    return -1;
  }

  function countAll(): number {
    if (matches === null) return all.length;
    let count = 0;
    for (let at = 0; at < all.length; at += 1) if (rowAt(at) !== null) count += 1;
    return count;
  }
}

/**
 * The same page of what its rows are shown as, so that only they are made and not the whole list.
 * @param keyOf the key of a shown row, the same as that of the row
 */
export function showPage<Row, Node>(
  page: Page<Row>,
  show: (row: Row) => Node,
  keyOf: (node: Node) => string,
): Page<Node> {
  return { ...page, nodes: page.nodes.map(show), keyOf };
}

@ObjectType({ description: 'Where a page lies in its list (Relay).', simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean, { description: 'There are rows after this page.' })
  readonly hasNextPage: boolean;

  @Field(() => Boolean, { description: 'There are rows before this page.' })
  readonly hasPreviousPage: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first row; null on an empty page.' })
  readonly startCursor: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last row, for `after`; null on an empty page.',
  })
  readonly endCursor: string | null;

  constructor(page: Page<unknown>) {
    const cursorOf = (node: unknown) => (node === undefined ? null : writeCursor(page.position, page.keyOf(node)));
    this.hasNextPage = page.hasNext;
    this.hasPreviousPage = page.position.after !== null;
    this.startCursor = cursorOf(page.nodes[0]);
    this.endCursor = cursorOf(page.nodes.at(-1));
  }
}

/** Makes the connection and edge types of a list. */
export function connectionType<Node extends object>(name: string, node: () => ClassType<Node>, description: string) {
  @ObjectType(`${name}Edge`, { description: `One row of a ${name}Connection (Relay).`, simpleResolvers: true })
  class Edge {
    @Field(() => node(), { description: 'The row itself.' })
    readonly node: Node;

    readonly #page: Page<Node>;

    constructor(page: Page<Node>, of: Node) {
      this.#page = page;
      this.node = of;
    }

    @Field(() => String, { description: 'Names this row, for `after`.' })
    get cursor(): string {
      return writeCursor(this.#page.position, this.#page.keyOf(this.node));
    }
  }

  @ObjectType(`${name}Connection`, { description, simpleResolvers: true })
  class Connection {
    @ListSize('page')
    @Field(() => [Edge], { description: 'The rows of this page, in the order of the list.' })
    readonly edges: readonly Edge[];

    readonly #page: Page<Node>;

    constructor(page: Page<Node>) {
      this.#page = page;
      this.edges = page.nodes.map((each) => new Edge(page, each));
    }

    @Field(() => PageInfo, { description: 'Where this page lies in the list.' })
    get pageInfo(): PageInfo {
      return new PageInfo({ ...this.#page, keyOf: this.#page.keyOf as (each: unknown) => string });
    }

    @Field(() => GraphQLInt, { description: 'How many rows the whole list has.' })
    totalCount(): number | Promise<number> {
      return this.#page.countAll();
    }
  }

  return Connection;
}
