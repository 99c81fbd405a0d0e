import { type ExecutionArgs, type ExecutionResult, GraphQLError, getOperationAST, OperationTypeNode } from 'graphql';
import { PlatformError } from '../domain/errors.js';

/** Longest execution of a query, in milliseconds; what PostgreSQL is doing for it is ended by its own bound. */
export const MAX_EXECUTION_MS = 10_000;

/**
 * Waits for work, but not longer than it may take. What comes of it later is thrown away.
 * @throws PlatformError TIMEOUT
 */
export async function withinTime<Result>(work: Promise<Result>, ms: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const message = `The operation took longer than ${ms / 1000} s and was given up. Ask for less of it, or again later.`;
    timer = setTimeout(() => reject(new PlatformError('TIMEOUT', message, { details: { limitMs: ms } })), ms);
    timer.unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // Its failure after the deadline is nobody's.
    work.catch(() => undefined);
  }
}

/** Executes an operation, a query no longer than it may take; a mutation that waits for a run takes minutes, and must not be left half done. */
export async function executeWithinTime(
  compiled: { execute(args: Omit<ExecutionArgs, 'schema'>): Promise<ExecutionResult> },
  args: Omit<ExecutionArgs, 'schema'>,
  ms: number,
): Promise<ExecutionResult> {
  const work = compiled.execute(args);
  if (getOperationAST(args.document, args.operationName)?.operation !== OperationTypeNode.QUERY) return work;
  try {
    return await withinTime(work, ms);
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return { errors: [new GraphQLError(error.message, { originalError: error })] };
  }
}
