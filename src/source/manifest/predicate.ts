import { compileExpression, isExpressionProblem } from '../map/expression.js';

/** What a predicate may look at: values by name. */
export type PredicateScope = Readonly<Record<string, unknown>>;

/**
 * Compiles a CEL expression that is true or false.
 * @param variables the names that it may use, and no others
 * @returns a function that never throws: an expression that cannot be evaluated, such as one about a member that is missing, is false
 * @throws SyntaxError when it does not compile, uses another name, or its result is never a boolean
 */
export function compilePredicate(text: string, variables: readonly string[]): (scope: PredicateScope) => boolean {
  const compiled = compileExpression(text, variables, 'bool');
  if (isExpressionProblem(compiled)) {
    throw new SyntaxError(`the expression is wrong at column ${compiled.column}: ${compiled.problem}`);
  }
  return (scope) => {
    try {
      return compiled.evaluate(scope) === true;
    } catch {
      return false;
    }
  };
}
