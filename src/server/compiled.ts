import type { Buffer } from 'node:buffer';
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { PlatformError } from '../domain/errors.js';
import { MAX_EXECUTION_MS, withinTime } from './deadline.js';
import { conditionsOf, type Plan, planOperation } from './plan.js';

/** Most sets of values of `@skip` and `@include` that one operation is planned for. */
const MAX_VARIANTS = 16;

/** An operation that was found valid, with its variables as the schema says: what the judge gives. */
export interface ReadyOperation {
  readonly document: DocumentNode;
  /** Of that document; plans are remembered with it, so the same text should come as the same object. */
  readonly operation: OperationDefinitionNode;
  readonly coerced: Readonly<Record<string, unknown>>;
}

/** What an operation is executed on. */
export interface ExecutionGround {
  readonly contextValue: unknown;
  /** What the root fields are read from; for events of subscriptions. */
  readonly rootValue?: unknown;
}

/** An operation in its variants by the values of `@skip` and `@include`. */
interface Planned {
  readonly conditions: readonly string[];
  readonly variants: Map<string, Plan | null>;
}

/**
 * Executes operations by plans (see plan.ts), straight into the bytes of the answer, where the answer is known to equal that of graphql-js.
 *
 * A plan lives as long as its document, which the judge remembers within bounds. Mutations and introspection are not planned, and an answer that would
 * hold errors is left to graphql-js: what errors look like is its business, and queries can be asked twice.
 */
export class CompiledOperations {
  readonly #planned = new WeakMap<OperationDefinitionNode, Planned | null>();

  /** Called after every mutation that is executed here, whatever came of it. */
  onMutation: () => void = () => undefined;

  /** @param maxExecutionMs longest execution of a query */
  constructor(
    readonly schema: GraphQLSchema,
    readonly maxExecutionMs: number = MAX_EXECUTION_MS,
  ) {}

  /**
   * Executes a query, or one event of a subscription.
   * @throws PlatformError TIMEOUT, as a rejection
   * @returns the JSON `{"data":…}` of an answer without errors and a line feed, at once where no field waits for anything; null when graphql-js must
   * execute it
   */
  write(ready: ReadyOperation, { contextValue, rootValue }: ExecutionGround): Buffer | null | Promise<Buffer | null> {
    const plan = this.#find(ready);
    if (plan === null) return null;
    try {
      const bytes = plan(rootValue, contextValue, ready.coerced);
      if (!(bytes instanceof Promise)) return bytes;
      // Events have the time of their hub.
      return (rootValue === undefined ? withinTime(bytes, this.maxExecutionMs) : bytes).catch(giveUp);
    } catch {
      return null;
    }
  }

  /** The same, as a text without the line feed, for whoever has the variables as they came. */
  async tryWrite(args: Omit<ExecutionArgs, 'schema'>): Promise<string | null> {
    const operation = getOperationAST(args.document, args.operationName);
    if (!operation) return null;
    const definitions = operation.variableDefinitions ?? [];
    const { coerced } = getVariableValues(this.schema, definitions, args.variableValues ?? {}, { maxErrors: 1 });
    if (coerced === undefined) return null;
    const { document, contextValue, rootValue } = args;
    const bytes = await this.write({ document, operation, coerced }, { contextValue, rootValue });
    return bytes === null ? null : bytes.toString('utf8', 0, bytes.length - 1);
  }

  /** The same for whoever needs the answer as objects. */
  async tryExecute(args: Omit<ExecutionArgs, 'schema'>): Promise<ExecutionResult | null> {
    const text = await this.tryWrite(args);
    return text === null ? null : (JSON.parse(text) as ExecutionResult);
  }

  /** Executes an operation: planned where possible, else by graphql-js. */
  async execute(args: Omit<ExecutionArgs, 'schema'>): Promise<ExecutionResult> {
    const planned = await this.tryExecute(args);
    if (planned !== null) return planned;
    try {
      return await execute({ ...args, schema: this.schema });
    } finally {
      const operation = getOperationAST(args.document, args.operationName);
      if (operation?.operation === OperationTypeNode.MUTATION) this.onMutation();
    }
  }

  #find({ document, operation, coerced }: ReadyOperation): Plan | null {
    let planned = this.#planned.get(operation);
    if (planned === undefined) {
      planned = isPlannable(operation) ? { conditions: conditionsOf(document), variants: new Map() } : null;
      this.#planned.set(operation, planned);
    }
    if (planned === null) return null;
    const { conditions, variants } = planned;
    const key = conditions.map((name) => String(coerced[name])).join();
    let plan = variants.get(key);
    if (plan === undefined) {
      if (variants.size >= MAX_VARIANTS) return null;
      plan = this.#plan({ document, operation, coerced });
      variants.set(key, plan);
    }
    return plan;
  }

  #plan({ document, operation, coerced }: ReadyOperation): Plan | null {
    try {
      return planOperation(this.schema, document, operation, coerced);
    } catch {
      // Such as a condition whose variable is null: an error that graphql-js words.
      return null;
    }
  }
}

/** graphql-js tells what is wrong with an answer; not again that it takes too long. */
function giveUp(error: unknown): null {
  if (error instanceof PlatformError && error.code === 'TIMEOUT') throw error;
  return null;
}

/** Mutations must not be executed twice, and the definitions behind introspection ask for what plans do not hand out. */
function isPlannable({ operation, selectionSet }: OperationDefinitionNode): boolean {
  if (operation === OperationTypeNode.MUTATION) return false;
  return !selectionSet.selections.some(
    (each) => each.kind === Kind.FIELD && each.name.value.startsWith('__') && each.name.value !== '__typename',
  );
}
