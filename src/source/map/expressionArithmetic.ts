import type { Environment } from '@marcbachmann/cel-js';
import { canonicalDecimal } from '../../domain/decimal.js';
import {
  addDecimals,
  decimalOfNumber,
  divideDecimals,
  MAX_DIGITS,
  multiplyDecimals,
  subtractDecimals,
} from './arithmetic.js';

const MAX_PLACES = 20;

/**
 * Adds exact arithmetic to an environment of expressions, and the mixed arithmetic that CEL lacks: numbers of JSON come as doubles, literals such as
 * 100 are whole numbers, and `row.count + 100` would otherwise fail on the first row.
 */
export function registerArithmetic(environment: Environment): void {
  environment
    .registerOperator('double + int', (left: number, right: bigint) => left + Number(right))
    .registerOperator('double - int', (left: number, right: bigint) => left - Number(right))
    .registerOperator('double * int', (left: number, right: bigint) => left * Number(right))
    .registerOperator('double / int', (left: number, right: bigint) => left / Number(right))
    .registerOperator('int + double', (left: bigint, right: number) => Number(left) + right)
    .registerOperator('int - double', (left: bigint, right: number) => Number(left) - right)
    .registerOperator('int * double', (left: bigint, right: number) => Number(left) * right)
    .registerOperator('int / double', (left: bigint, right: number) => Number(left) / right)
    .registerFunction('plus(dyn, dyn): string', exactly(addDecimals), { async: false })
    .registerFunction('minus(dyn, dyn): string', exactly(subtractDecimals), { async: false })
    .registerFunction('times(dyn, dyn): string', exactly(multiplyDecimals), { async: false })
    .registerFunction('divide(dyn, dyn, int): string', divide, { async: false });
}

function exactly(compute: (left: string, right: string) => string | null): (left: unknown, right: unknown) => string {
  return (left, right) =>
    orRefuse(compute(toDecimal(left), toDecimal(right)), `the result has over ${MAX_DIGITS} digits`);
}

function divide(left: unknown, right: unknown, places: bigint): string {
  if (places < 0n || places > MAX_PLACES)
    throw new Error(`divide() rounds to 0 to ${MAX_PLACES} digits, not ${places}`);
  const [dividend, divisor] = [toDecimal(left), toDecimal(right)];
  if (divisor === '0') throw new Error(`${dividend} cannot be divided by zero`);
  return orRefuse(divideDecimals(dividend, divisor, Number(places)), `the result has over ${MAX_DIGITS} digits`);
}

function toDecimal(value: unknown): string {
  const decimal =
    typeof value === 'number'
      ? decimalOfNumber(value)
      : typeof value === 'bigint' || typeof value === 'string'
        ? canonicalDecimal(String(value).trim())
        : null;
  const short = decimal !== null && decimal.length <= MAX_DIGITS ? decimal : null;
  return orRefuse(short, `"${String(value).slice(0, MAX_DIGITS)}" is not a plain decimal`);
}

function orRefuse(decimal: string | null, problem: string): string {
  if (decimal === null) throw new Error(problem);
  return decimal;
}
