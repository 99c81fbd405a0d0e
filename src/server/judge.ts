import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  OverlappingFieldsCanBeMergedRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { mayIntrospect } from '../access/permission.js';
import type { Viewer } from '../access/viewer.js';
import { judgeCost } from './cost.js';
import { MAX_TOKENS, measureDocument, refuseLargeVariables, refuseLongSource } from './limit.js';
import { refuseOverlaps } from './overlap.js';
import { refuseForbidden } from './permission.js';
import { RecentMap } from './recent.js';

/** Most tokens of all documents that are kept: some 60 MB if clients send nothing else than the heaviest. The contract's have 50 to 200. */
const MAX_KEPT_TOKENS = 150_000;
/** Characters that weigh as much as a token. */
const CHARACTERS_PER_TOKEN = 200;
/** Most errors of one document that are told. */
const MAX_ERRORS = 5;
/** The same for variables: each of these errors prints the whole value. */
const MAX_VALUE_ERRORS = 1;
/** Longest message, since those of graphql-js repeat what the client wrote. */
const MAX_MESSAGE_CHARACTERS = 1_000;

const { QUERY, MUTATION, SUBSCRIPTION } = OperationTypeNode;

/** Ways to the server, and the kinds of operation that they carry. A GET changes nothing, since any page can make a browser send one. */
const CARRIED = {
  get: [QUERY],
  post: [QUERY, MUTATION],
  socket: [QUERY, MUTATION, SUBSCRIPTION],
  events: [QUERY, SUBSCRIPTION],
} as const satisfies Readonly<Record<string, readonly OperationTypeNode[]>>;

/** The way that an operation came: HTTP GET or POST, WebSocket, or Server-Sent Events. */
export type Transport = keyof typeof CARRIED;

/** An operation as it came. */
export interface OperationRequest {
  readonly source: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly viewer: Viewer;
  readonly transport: Transport;
}

/** An operation that may be executed. */
export interface JudgedOperation {
  readonly errors: null;
  /** The same object for the same text, as long as it is remembered; must not be written to. */
  readonly document: DocumentNode;
  /** The one that is meant; the same object for the same text, too. */
  readonly operation: OperationDefinitionNode;
  readonly operationName: string | undefined;
  /** The variables that the operation declares, as they came and in its order, for whoever coerces them again. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** The variables as the schema says, with defaults. */
  readonly coerced: Readonly<Record<string, unknown>>;
  /** Estimated from list sizes, at most `MAX_COST`. */
  readonly cost: number;
}

/** An operation that is not executed: errors with `extensions.code`, and `extensions.http.status` for HTTP. */
export interface RefusedOperation {
  readonly errors: readonly [GraphQLError, ...GraphQLError[]];
}

/** What {@link OperationJudge} needs. */
export interface JudgeOptions {
  readonly schema: GraphQLSchema;
  /** Whether everybody may ask for the schema, and gets suggestions; otherwise {@link mayIntrospect} decides. */
  readonly introspection: boolean;
}

/** What is known of a valid document, whoever sends it with whatever variables. */
interface KnownDocument {
  readonly document: DocumentNode;
  readonly operations: ReadonlyMap<string | null, OperationDefinitionNode>;
  readonly introspects: boolean;
}

const RULES = specifiedRules.filter((rule) => rule !== OverlappingFieldsCanBeMergedRule);

/**
 * Judges operations before anything of them is executed, the same on every transport and in this order: size of the text in tokens, limits of
 * the document, validation, size of the variables, permission, variables, cost, transport. Valid documents are remembered by their text, within bounds; errors are not.
 */
export class OperationJudge {
  readonly #schema: GraphQLSchema;
  readonly #introspection: boolean;
  readonly #known = new RecentMap<KnownDocument>(
    MAX_KEPT_TOKENS,
    ({ document }, source) => (document.tokenCount ?? MAX_TOKENS) + source.length / CHARACTERS_PER_TOKEN,
  );
  /** How often a document was remembered, and how often it was not. */
  readonly lookups = { hits: 0, misses: 0 };

  constructor({ schema, introspection }: JudgeOptions) {
    this.#schema = schema;
    this.#introspection = introspection;
  }

  /** How many documents are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /**
   * Judges an operation. Errors are GraphQLErrors for the formatter, never thrown; codes: GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED,
   * OPERATION_RESOLUTION_FAILURE, BAD_USER_INPUT, BAD_REQUEST, QUERY_TOO_LARGE, QUERY_TOO_DEEP, QUERY_TOO_COSTLY, AUTH_REQUIRED, AUTH_FORBIDDEN.
   */
  judgeOperation(request: OperationRequest): JudgedOperation | RefusedOperation {
    const { source, viewer } = request;
    const knows = this.#introspection || mayIntrospect(viewer);
    const known = this.#read(source, knows);
    if (Array.isArray(known)) return refused(known);
    if (known.introspects && !knows) return refused([hidden(viewer)]);
    const { document } = known;
    const operation = selectOperation(known, request.operationName);
    if (operation instanceof GraphQLError) return refused([operation]);
    const given = declaredOf(operation, request.variables ?? {});
    const large = refuseLargeVariables(given);
    if (large !== null) return refused([large]);
    const operationName = request.operationName ?? undefined;
    const forbidden = refuseForbidden(this.#schema, { document, operationName, variableValues: given }, viewer);
    if (forbidden !== null) return refused([forbidden]);
    const definitions = operation.variableDefinitions ?? [];
    const { coerced, errors } = getVariableValues(this.#schema, definitions, given, {
      ...{ maxErrors: MAX_VALUE_ERRORS, hideSuggestions: !knows },
    });
    if (errors !== undefined) return refused(errors.map((error) => coded(error, 'BAD_USER_INPUT')));
    const cost = judgeCost(this.#schema, { document, operation, coerced });
    if (cost instanceof GraphQLError) return refused([cost]);
    // Last, so that what is refused everywhere is refused alike everywhere.
    const misplaced = refuseTransport(operation, request.transport);
    if (misplaced !== null) return refused([misplaced]);
    return { errors: null, document, operation, operationName, variables: given, coerced, cost };
  }

  #read(source: string, knows: boolean): KnownDocument | GraphQLError[] {
    const found = this.#known.get(source);
    if (found !== undefined) {
      this.lookups.hits += 1;
      return found;
    }
    this.lookups.misses += 1;
    const known = readDocument(this.#schema, source, knows);
    if (!Array.isArray(known)) this.#known.set(source, known);
    return known;
  }
}

/** Parses, measures and validates. The rule that compares fields with fields comes last, when it is known to end soon. */
function readDocument(schema: GraphQLSchema, source: string, knows: boolean): KnownDocument | GraphQLError[] {
  const long = refuseLongSource(source);
  if (long !== null) return [long];
  let document: DocumentNode;
  try {
    document = parse(source, { maxTokens: MAX_TOKENS });
  } catch (error) {
    // The parser calls itself for every bracket, and 4,000 tokens can have more of them than there is stack.
    if (error instanceof RangeError) {
      const message = 'The document nests deeper than it can be read. Write arguments flatter.';
      return [new GraphQLError(message, { extensions: { code: 'QUERY_TOO_DEEP' } })];
    }
    if (!(error instanceof GraphQLError)) throw error;
    const isLong = /^Syntax Error: Document contains more tha[nt] \d+ tokens/.test(error.message);
    return [coded(error, isLong ? 'QUERY_TOO_LARGE' : 'GRAPHQL_PARSE_FAILED')];
  }
  const { errors: large, introspects } = measureDocument(document);
  if (large.length > 0) return [...large];
  const options = { hideSuggestions: !knows, maxErrors: MAX_ERRORS };
  const invalid = validate(schema, document, RULES, options);
  if (invalid.length > 0) return invalid.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
  const overlap = refuseOverlaps(document);
  if (overlap !== null) return [overlap];
  const conflicts = validate(schema, document, [OverlappingFieldsCanBeMergedRule], options);
  if (conflicts.length > 0) return conflicts.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
  const operations = document.definitions.flatMap((each) =>
    each.kind === Kind.OPERATION_DEFINITION ? [[each.name?.value ?? null, each] as const] : [],
  );
  return { document, introspects, operations: new Map(operations) };
}

/** The operation that is meant, as graphql-js chooses it. */
function selectOperation(
  { operations }: KnownDocument,
  name: string | null | undefined,
): OperationDefinitionNode | GraphQLError {
  const isOpen = name === undefined || name === null;
  const [only] = operations.values();
  const found = isOpen ? (operations.size === 1 ? only : undefined) : operations.get(name);
  if (found !== undefined) return found;
  const message =
    operations.size === 0
      ? 'Must provide an operation.'
      : isOpen
        ? 'Must provide operation name if query contains multiple operations.'
        : `Unknown operation named "${name}".`;
  return new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } });
}

/** What else a client sends has no effect, so it is not looked at. */
function declaredOf(
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const names = variableDefinitions.map(({ variable }) => variable.name.value);
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(variables, name)).map((name) => [name, variables[name]]),
  );
}

function refuseTransport({ operation }: OperationDefinitionNode, transport: Transport): GraphQLError | null {
  if (CARRIED[transport].some((each) => each === operation)) return null;
  const isLive = operation === SUBSCRIPTION;
  const message = isLive
    ? 'A subscription goes over WebSocket (graphql-transport-ws) or Server-Sent Events (graphql-sse) on the same path.'
    : 'A mutation goes by POST, or over WebSocket (graphql-transport-ws) on the same path.';
  // Only what another method would do is a wrong method.
  const http = isLive ? { status: 400 } : { status: 405, headers: new Map([['allow', 'POST']]) };
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http } });
}

function hidden({ subject, role }: Viewer): GraphQLError {
  const asker = subject === null ? 'nobody has signed in' : `you are ${role}`;
  const message = `The schema can be asked for by integrators and admins; ${asker}. It is published as schema.graphql.`;
  return new GraphQLError(message, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
}

function refused(errors: readonly GraphQLError[]): RefusedOperation {
  const [first, ...others] = errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
  if (first === undefined) throw new Error('an operation was refused without a reason');
  return { errors: [first, ...others] };
}

/**
 * The error, made for this refusal alone, with a code and a status of HTTP unless it has them. Itself, since another one would look for its lines in the
 * document again.
 */
function coded(error: GraphQLError, code: string): GraphQLError {
  const { extensions } = error;
  if (extensions.code !== undefined && extensions.http !== undefined) return error;
  const { message } = error;
  const isLong = message.length > MAX_MESSAGE_CHARACTERS;
  return Object.assign(error, {
    message: isLong ? `${message.slice(0, MAX_MESSAGE_CHARACTERS)}…` : message,
    extensions: { ...extensions, code: extensions.code ?? code, http: extensions.http ?? { status: 400 } },
  });
}
