const FIELDS = [
  { name: 'minute', low: 0, high: 59, names: [] },
  { name: 'hour', low: 0, high: 23, names: [] },
  { name: 'day of the month', low: 1, high: 31, names: [] },
  {
    ...{ name: 'month', low: 1, high: 12 },
    names: ['', 'JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  },
  { name: 'day of the week', low: 0, high: 7, names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] },
] as const;

/**
 * Says what is wrong with a schedule in the five fields of cron: minute, hour, day of the month, month, day of the week; in each `*`, numbers, names of months
 * and days, ranges `1-5`, steps `0-59/15` and lists of these.
 * @returns a sentence for people; null = nothing
 */
export function findScheduleFault(text: string): string | null {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) {
    return `A schedule has five fields (minute, hour, day of the month, month, day of the week), this one has ${parts.length}.`;
  }
  for (const [index, { name, low, high, names }] of FIELDS.entries()) {
    const readNumber = (word: string): number => {
      const named = (names as readonly string[]).indexOf(word.toUpperCase());
      return named >= low ? named : /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
    };
    for (const item of (parts[index] ?? '').split(',')) {
      const [, first = '', last, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d{1,2}))?$/.exec(item) ?? [];
      const [from, to] =
        first === '*' ? [low, last === undefined ? high : Number.NaN] : [first, last ?? first].map(readNumber);
      const isRange = from !== undefined && to !== undefined && from >= low && to <= high && from <= to;
      const isStep = step === undefined || (Number(step) > 0 && (first === '*' || last !== undefined));
      if (!isRange || !isStep)
        return `"${item}" is no ${name}: ${low} to ${high}, such as ${low}, ${low}-${high}, */2 or *.`;
    }
  }
  return null;
}
