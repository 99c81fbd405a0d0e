import { isJsonObject, type JsonObject } from '../json.js';
import { findNear } from '../nearWord.js';
import type { FoundProblem, ManifestPath } from './problem.js';

/** The codes that the platform knows. */
export interface Vocabulary {
  readonly hasFramework: (code: string) => boolean;
  readonly hasIndicator: (frameworkCode: string, code: string) => boolean;
  readonly hasCodeSystem: (code: string) => boolean;
  /** Whether an entity of the code system goes by the name, in any spelling that names may have. */
  readonly hasEntityName: (codeSystem: string, name: string) => boolean;
  readonly indicatorCodes: (frameworkCode: string) => readonly string[];
  /** For messages. */
  readonly frameworkCodes: readonly string[];
  readonly codeSystems: readonly string[];
}

/** A code that a manifest states, and where. */
interface Word {
  readonly code: string;
  readonly path: ManifestPath;
}

/**
 * Finds the codes of a manifest that the platform does not know: a source that feeds them would only ever be rejected. Codes that the rows carry as they are
 * cannot be known before.
 * @param data with its preset expanded; any shape, since the schema reports shapes
 */
export function findUnknownWords(data: unknown, vocabulary: Vocabulary): FoundProblem[] {
  return list(member(data).streams).flatMap((stream, index) => {
    const path = ['streams', index];
    const { mapping, partitions } = member(stream);
    const { framework, entity, figures } = member(mapping);
    const frameworks = wordsOf(framework, [...path, 'mapping', 'framework']);
    const known = frameworks.filter(({ code }) => vocabulary.hasFramework(code)).map(({ code }) => code);
    const eligible = frameworks.length === 0 ? vocabulary.frameworkCodes : known;
    const indicators = list(figures).flatMap((figure, at) =>
      wordsOf(member(figure).indicator, [...path, 'mapping', 'figures', at, 'indicator']),
    );
    const named = wordsOf(member(entity).codeSystem, []).map(({ code }) => code);
    const eligibleSystems = named.length === 0 ? vocabulary.codeSystems : named.filter(vocabulary.hasCodeSystem);
    const meanings = Object.entries(member(member(entity).aliases)).flatMap(([spelling, name]) =>
      typeof name === 'string' ? [{ name, path: [...path, 'mapping', 'entity', 'aliases', spelling] }] : [],
    );
    const systems = [
      ...wordsOf(member(entity).codeSystem, [...path, 'mapping', 'entity', 'codeSystem']),
      ...Object.entries(member(partitions)).flatMap(([name, partition]) =>
        wordsOf(member(partition).codeSystem, [...path, 'partitions', name, 'codeSystem']),
      ),
    ];
    return [
      ...frameworks
        .filter(({ code }) => !vocabulary.hasFramework(code))
        .map((word) => describe(word, 'framework', vocabulary.frameworkCodes)),
      ...indicators
        .filter(({ code }) => eligible.length > 0 && !eligible.some((each) => vocabulary.hasIndicator(each, code)))
        .map(({ code, path: at }) => ({
          path: at,
          code: 'indicator' as const,
          message: `There is no indicator "${code}" in ${eligible.join(', ')}${adviseNear(code, eligible.flatMap(vocabulary.indicatorCodes))}`,
        })),
      ...meanings
        .filter(
          ({ name }) =>
            eligibleSystems.length > 0 && !eligibleSystems.some((each) => vocabulary.hasEntityName(each, name)),
        )
        .map(({ name, path: at }) => ({
          path: at,
          code: 'value' as const,
          message: `No entity of ${eligibleSystems.join(', ')} is named "${name}"; an alias stands for a name, not for a code.`,
        })),
      ...systems
        .filter(({ code }) => !vocabulary.hasCodeSystem(code))
        .map((word) => describe(word, 'code system', vocabulary.codeSystems)),
    ];
  });
}

function describe(word: Word, what: 'framework' | 'code system', known: readonly string[]): FoundProblem {
  const code = what === 'framework' ? 'framework' : 'code_system';
  // Of those that differ by a number only, the nearest is a guess, and they are few.
  const near = what === 'framework' ? findNear(word.code, known) : null;
  const advice = near === null ? `there are ${known.join(', ')}.` : `did you mean "${near}"?`;
  return { path: word.path, code, message: `There is no ${what} "${word.code}"; ${advice}` };
}

/** The end of a sentence that names what is not there. */
function adviseNear(written: string, known: readonly string[]): string {
  const near = findNear(written, known);
  return near === null ? '.' : `; did you mean "${near}"?`;
}

/** The codes that are written down: a constant, the meanings of a table, or the ranges of periods. */
function wordsOf(source: unknown, path: ManifestPath): Word[] {
  if (typeof source === 'string') return [{ code: source, path }];
  const { table, byPeriod } = member(source);
  return [
    ...Object.entries(member(table)).map(([key, code]) => ({ code: String(code), path: [...path, 'table', key] })),
    ...list(byPeriod).flatMap((range, at) =>
      wordsOf(member(range).codeSystem, [...path, 'byPeriod', at, 'codeSystem']),
    ),
  ];
}

function member(data: unknown): JsonObject {
  return isJsonObject(data) ? data : {};
}

function list(data: unknown): readonly unknown[] {
  return Array.isArray(data) ? data : [];
}
