import type { Entity } from './entity.js';

/**
 * What people call provinces besides their names: abbreviations, spellings of before, and Sài Gòn, the official name of the city until 1976. For finding
 * them; none is official. Only what means no other province belongs here.
 */
const OTHER_NAMES: ReadonlyMap<string, readonly string[]> = new Map([
  ['Thành phố Hồ Chí Minh', ['Hồ Chí Minh', 'Sài Gòn', 'TP HCM', 'HCMC']],
  ['Bà Rịa - Vũng Tàu', ['BRVT']],
  ['Thừa Thiên Huế', ['TT Huế']],
  ['Đắk Lắk', ['Đắc Lắc']],
  ['Đắk Nông', ['Đắc Nông']],
]);

const NONE: readonly string[] = [];

/** Common names of an entity that are not its own; mostly none. */
export function otherNamesOf({ level, name }: Pick<Entity, 'level' | 'name'>): readonly string[] {
  return level === 'PROVINCE' ? (OTHER_NAMES.get(name.vi) ?? NONE) : NONE;
}
