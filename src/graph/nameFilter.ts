import type { Name } from '../domain/entity.js';
import { foldText } from '../domain/text.js';
import type { Condition } from '../store/condition.js';
import { compileCondition, type Leaf } from './filter.js';

// Folding takes a microsecond, and a search goes through the names of 10,600 communes; names live as long as their catalogue.
const foldedNames = new WeakMap<Name, readonly [vi: string, en: string]>();

/** A name as `contains` compares it. */
export function foldName(name: Name): readonly [vi: string, en: string] {
  const known = foldedNames.get(name);
  if (known !== undefined) return known;
  const made = [foldText(name.vi), foldText(name.en)] as const;
  foldedNames.set(name, made);
  return made;
}

/** Tests names in both languages, of which one must satisfy. Texts are compared as NFC, the form that names are kept in. */
export function nameLeaf<Row>(nameOf: (row: Row) => Name): Leaf<Row> {
  return {
    compile(condition) {
      const holds = compileNames(condition as Condition);
      return (row) => holds(nameOf(row));
    },
  };
}

/** The folded text that names must contain, when nothing else is asked of them; null = more is, or what no name within a line contains. */
export function onlyContains(condition: Condition): string | null {
  const { contains, ...others } = condition;
  if (typeof contains !== 'string' || Object.values(others).some((value) => value !== undefined)) return null;
  // Refuses what no text can hold.
  compileCondition({ contains });
  return contains.includes('\n') ? null : foldText(contains);
}

function compileNames(condition: Condition): (name: Name) => boolean {
  const { contains, ...others } = compose(condition);
  const holds = compileCondition(others);
  const hasOthers = Object.values(others).some((value) => value !== undefined);
  if (typeof contains !== 'string') return ({ vi, en }) => holds([vi, en]);
  // Refuses what no text can hold.
  compileCondition({ contains });
  const part = foldText(contains);
  return (name) => {
    const [vi, en] = foldName(name);
    return (vi.includes(part) || en.includes(part)) && (!hasOthers || holds([name.vi, name.en]));
  };
}

function compose(condition: Condition): Condition {
  const toNfc = (value: unknown) => (typeof value === 'string' ? value.normalize('NFC') : value);
  const composed = Object.entries(condition).map(([operator, value]) => [
    operator,
    Array.isArray(value) ? value.map(toNfc) : toNfc(value),
  ]);
  return Object.fromEntries(composed);
}
