/**
 * Lays rows out under a heading, in columns as wide as their widest cell.
 * @param heading names of the columns
 * @returns lines without space at their ends; the heading alone when there are no rows
 */
export function table(heading: readonly string[], rows: readonly (readonly unknown[])[]): string[] {
  const cells = [heading, ...rows.map((row) => row.map((cell) => (cell === null ? '-' : String(cell))))];
  const widths = heading.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
