import { countFields, type DatabaseName } from './database.js';

/** A row that a reader must not swallow whole. */
export interface PoisonRow {
  readonly codeSystem: string;
  readonly code: string;
  readonly period: string;
  readonly counts: Readonly<Record<string, number | string>>;
}

/** The count that is spoilt: the numerator of exactly one indicator, so that one bad count is one rejected record. */
const SPOILT: Readonly<Record<DatabaseName, readonly [numerator: string, denominator: string]>> = {
  einvoice: ['EnterprisesIssuing', 'ActiveEnterprises'],
  publicServices: ['dossiersSettledOnTime', 'dossiersSettled'],
  population: ['verificationsSuccessful', 'verificationRequests'],
};

/**
 * Bad rows, in turn: an unknown entity, a count that is not a number, a numerator above its denominator, a count that is missing.
 * All but the first belong to a real province and to 2024, a year without assessment, so that their good counts disturb no score.
 * @param count 0 to 48
 */
export function poisonRows(database: DatabaseName, count: number): PoisonRow[] {
  const [numerator, denominator] = SPOILT[database];
  return Array.from({ length: count }, (_, index) => {
    const counts: Record<string, number | string> = {};
    for (const field of countFields(database, 'GSO-2004')) counts[field.name] = field.atMost === null ? 2000 : 1000;
    const kind = index % 4;
    if (kind === 1) counts[numerator] = 'n/a';
    if (kind === 2) counts[numerator] = Number(counts[denominator]) + 1;
    if (kind === 3) delete counts[numerator];
    const month = String((Math.floor(index / 4) % 12) + 1).padStart(2, '0');
    return { codeSystem: 'GSO-2004', code: ['00', '01', '02', '04'][kind] ?? '00', period: `2024-${month}`, counts };
  });
}
