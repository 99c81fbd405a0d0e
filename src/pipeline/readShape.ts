import { parse } from 'csv-parse/sync';
import { z } from 'zod';

/** What was read, and what of it has another shape: one line per problem, with the place within the file. */
export interface Shaped<T> {
  readonly value: T;
  readonly problems: readonly string[];
}

/**
 * Reads JSON of a given shape.
 * @returns null as the value when there are problems, such as `rounds[2].level: Invalid option: …; it is "DISTRICT"`
 * @throws SyntaxError when the text is not JSON
 */
export function readJson<Shape extends z.ZodType>(text: string, shape: Shape): Shaped<z.output<Shape> | null> {
  const result = shape.safeParse(JSON.parse(text), { reportInput: true });
  if (result.success) return { value: result.data, problems: [] };
  return { value: null, problems: result.error.issues.map((issue) => describe(z.core.toDotPath(issue.path), issue)) };
}

/**
 * Reads CSV, each line an object of a given shape whose keys are the columns. Further columns are ignored.
 * @returns the lines that have the shape; problems begin with the line in the file, 1 = the names of the columns
 * @throws Error when the text is not CSV
 */
export function readTable<Shape extends z.ZodObject>(text: string, shape: Shape): Shaped<z.output<Shape>[]> {
  const lines: { readonly number: number; readonly cells: readonly string[] }[] = [];
  parse(text, {
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    on_record: (cells: string[], { lines: number }) => {
      lines.push({ number, cells });
      return null;
    },
  });
  const columns = lines.shift()?.cells ?? [];
  const lacking = Object.keys(shape.shape).filter((column) => !columns.includes(column));
  if (lacking.length > 0)
    return { value: [], problems: lacking.map((column) => `line 1: lacks the column "${column}"`) };
  const value: z.output<Shape>[] = [];
  const problems: string[] = [];
  for (const { number, cells } of lines) {
    if (cells.length !== columns.length) {
      problems.push(`line ${number}: has ${cells.length} cells, there are ${columns.length} columns`);
      continue;
    }
    const row = Object.fromEntries(columns.map((column, at) => [column, cells[at]]));
    const result = shape.safeParse(row, { reportInput: true });
    if (result.success) value.push(result.data);
    else {
      const place = (path: readonly PropertyKey[]) => `line ${number}, ${z.core.toDotPath(path)}`;
      problems.push(...result.error.issues.map((issue) => describe(place(issue.path), issue)));
    }
  }
  return { value, problems };
}

/** Shapes say what they expected; what was received helps to find it. */
function describe(place: string, { message, input }: z.core.$ZodIssue): string {
  const isShort = input === null || ['string', 'number', 'boolean'].includes(typeof input);
  return `${place === '' ? '' : `${place}: `}${message}${isShort ? `; it is ${JSON.stringify(input).slice(0, 80)}` : ''}`;
}
