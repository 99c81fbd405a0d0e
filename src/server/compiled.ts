import { createRequire } from 'node:module';
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLNamedType,
  type GraphQLSchema,
  GraphQLString,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  Kind,
  OperationTypeNode,
  parse,
  TypeInfo,
  type TypeNode,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { RecentMap } from './recent.js';

/** How many operations are kept compiled; each takes some 10 to 100 kB. */
const MAX_COMPILED = 500;
/** Longer documents are not compiled, so that the keys of the cache stay below 8 MB. The contract's documents are below 1 kB. */
const MAX_SOURCE_CHARACTERS = 16_384;
/** The built-in scalars, whose literals survive as JSON in generated code. */
const PLAIN_SCALARS: ReadonlySet<unknown> = new Set([
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  GraphQLString,
]);

// graphql-jit calls its continuations unguarded: what a getter of an answer throws after a promise becomes an unhandled rejection,
// which ends the process and leaves the client waiting. Guarded, it is an error like others, so graphql-js gets its turn.
// `require`, because the package's ES modules execute its CommonJS files; an import would be a second, unused runtime.
const { jitRuntime } = createRequire(import.meta.url)(
  'graphql-jit/dist/runtime.js',
) as typeof import('graphql-jit/dist/runtime.mjs');
for (const step of ['handleResolverResult', 'handleListItemResult'] as const) {
  const unguarded = jitRuntime[step];
  jitRuntime[step] = (context, value, onSuccess, onError) => {
    const guarded = (result: unknown): void => {
      try {
        onSuccess(result);
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)));
      }
    };
    unguarded.call(jitRuntime, context, value, guarded, onError);
  };
}

/** `seen`: asked for once, not compiled yet. `interpreted`: graphql-jit must not or cannot compile it. */
type Entry = 'seen' | 'interpreted' | CompiledQuery;

/**
 * Executes operations by graphql-jit where its answer is known to equal that of graphql-js.
 *
 * An operation is compiled when it comes for the second time: compiling costs as much as some ten executions, and a client
 * that sends only new documents gains nothing. Mutations are not compiled, and an answer with errors is thrown away
 * and left to graphql-js: the order and wording of its errors differ, and queries can be asked twice. That costs a third on top.
 */
export class CompiledOperations {
  readonly #entries = new RecentMap<Entry>(MAX_COMPILED);

  constructor(readonly schema: GraphQLSchema) {}

  /**
   * Executes a query, or one event of a subscription.
   * @returns an answer without errors, or null when graphql-js must execute it
   */
  async tryExecute(args: Omit<ExecutionArgs, 'schema'>): Promise<ExecutionResult | null> {
    const compiled = this.#find(args);
    if (compiled === null) return null;
    const variables = args.variableValues ?? {};
    const operation = getOperationAST(args.document, args.operationName);
    // graphql-js judges the variables; graphql-jit words refusals differently and does not know @oneOf.
    const judged = getVariableValues(this.schema, operation?.variableDefinitions ?? [], variables, { maxErrors: 1 });
    if (judged.errors !== undefined) return null;
    try {
      const result = await compiled.query(args.rootValue, args.contextValue, variables);
      return result.errors === undefined ? result : null;
    } catch {
      return null;
    }
  }

  /** Executes an operation: compiled where possible, else by graphql-js. */
  async execute(args: Omit<ExecutionArgs, 'schema'>): Promise<ExecutionResult> {
    return (await this.tryExecute(args)) ?? execute({ ...args, schema: this.schema });
  }

  /** Says how an operation would be executed now; for tests and measurements. */
  stateOf(args: Pick<ExecutionArgs, 'document' | 'operationName'>): 'unknown' | 'seen' | 'interpreted' | 'compiled' {
    const entry = this.#entries.get(keyOf(args) ?? '');
    return entry === undefined ? 'unknown' : typeof entry === 'string' ? entry : 'compiled';
  }

  #find(args: Pick<ExecutionArgs, 'document' | 'operationName'>): CompiledQuery | null {
    const key = keyOf(args);
    if (key === null) return null;
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, 'seen');
    if (entry === undefined || entry === 'interpreted') return null;
    if (entry !== 'seen') return entry;
    const compiled = compile(this.schema, args);
    this.#entries.set(key, compiled ?? 'interpreted');
    return compiled;
  }
}

function keyOf(args: Pick<ExecutionArgs, 'document' | 'operationName'>): string | null {
  const source = args.document.loc?.source.body;
  if (source === undefined || source.length > MAX_SOURCE_CHARACTERS) return null;
  return `${args.operationName ?? ''}\n${source}`;
}

function compile(schema: GraphQLSchema, args: Pick<ExecutionArgs, 'document' | 'operationName'>): CompiledQuery | null {
  const operation = getOperationAST(args.document, args.operationName);
  if (!operation || operation.operation === OperationTypeNode.MUTATION || !isCompilable(schema, args.document))
    return null;
  const source = args.document.loc?.source.body ?? '';
  // Parsed anew because graphql-jit writes into the nodes, and the document is shared with Apollo's cache.
  const document = parse(source, { noLocation: true });
  const compiled = compileQuery(schema, document, args.operationName ?? '', { disablingCapturingStackErrors: true });
  return isCompiledQuery(compiled) ? compiled : null;
}

/**
 * Says whether graphql-jit 0.8.9 compiles a document safely and with the same meaning as graphql-js. What it must not see:
 * - a text with two underscores. It writes literals into code by JSON and then replaces its own `"__MAGIC_DATE__…x"` by `new Date(x)`
 *   **in text that the client wrote**: x is then executed in this process.
 * - the name `__proto__` (a setter in generated code), and introspection (asked once; not worth it)
 * - literals of custom scalars: what is not plain JSON after parsing loses its class
 * - directives: the condition of one fragment spread is applied to every other spread of that fragment
 * - interfaces and unions: their type may be found by a promise, or not found, and then the promise never settles
 * - variables of input objects that hold themselves, such as filters with `and`: their parser is written out without an end
 * - response names with an underscore: `a_b { c }` and `a { b_c }` share one resolve info, so one field gets the other's
 */
export function isCompilable(schema: GraphQLSchema, document: DocumentNode): boolean {
  let compilable = true;
  const refuse = (): void => {
    compilable = false;
  };
  const types = new TypeInfo(schema);
  const checkLiteral = (text: string | null): void => {
    const type = getNamedType(types.getInputType());
    if (!isEnumType(type) && !PLAIN_SCALARS.has(type)) refuse();
    if (text?.includes('__')) refuse();
  };
  visit(
    document,
    visitWithTypeInfo(types, {
      Name: (node) => (node.value.includes('__') && node.value !== '__typename' ? refuse() : undefined),
      Field: (node) => {
        const name = (node.alias ?? node.name).value;
        if ((name.includes('_') && name !== '__typename') || isAbstractType(getNamedType(types.getType()))) refuse();
      },
      VariableDefinition: ({ type }) => {
        if (holdsItself(schema.getType(namedTypeOf(type)))) refuse();
      },
      Directive: refuse,
      StringValue: (node) => checkLiteral(node.value),
      EnumValue: (node) => checkLiteral(node.value),
      IntValue: () => checkLiteral(null),
      FloatValue: () => checkLiteral(null),
      BooleanValue: () => checkLiteral(null),
    }),
  );
  return compilable;
}

/** The name in a type reference: `Filter` of `[Filter!]!`. */
function namedTypeOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type);
}

/** True for an input object that can hold a value of its own type, at any depth. */
function holdsItself(type: GraphQLNamedType | undefined, above: readonly GraphQLNamedType[] = []): boolean {
  if (!isInputObjectType(type)) return false;
  if (above.includes(type)) return true;
  return Object.values(type.getFields()).some((field) => holdsItself(getNamedType(field.type), [...above, type]));
}
