import type { Catalogue } from '../domain/catalogue.js';
import type { AssessmentRound } from '../domain/round.js';

/** Five columns of 8 bytes and the ranks. */
const BYTES_PER_CELL = 5 * 8 + 4;
/** The newest result of an open round, the one before, which subscribers have, and the next. */
const RESULTS_OF_OPEN = 3;

/** What the results of all rounds of the reference data take in memory, in bytes, whether they are there yet or not. */
export interface ResultMemory {
  /** The newest of each. */
  readonly newest: number;
  /** What lets nobody wait: of open rounds those, too, that differences are taken from. */
  readonly comfortable: number;
}

/** Works out what results take, from the members of the rounds and the measures of their frameworks. */
export function measureResults(catalogue: Catalogue): ResultMemory {
  const bytesOf = ({ groups, frameworkCode }: AssessmentRound) =>
    groups.reduce((sum, { entityIds }) => sum + entityIds.length, 0) *
    (catalogue.framework(frameworkCode)?.measures.length ?? 0) *
    BYTES_PER_CELL;
  let [newest, comfortable] = [0, 0];
  for (const round of catalogue.content.rounds) {
    const bytes = bytesOf(round);
    newest += bytes;
    comfortable += round.status === 'PUBLISHED' ? bytes : bytes * RESULTS_OF_OPEN;
  }
  return { newest, comfortable };
}
