/**
 * One row of a page of a source, as text, where the page itself shows which one it is: JSON or XML with exactly one list of as many rows as the run
 * counted, or lines below a head. Only a help for the eye; what was read is what the hash of the row says.
 * @param row number of the row within the page, from 0
 * @returns null for other pages, whose rows only their connector can tell apart
 */
export function rowOf(body: string, rows: number, row: number): string | null {
  const start = body.trimStart()[0];
  if (start === '{' || start === '[') return rowOfJson(body, rows, row);
  if (start === '<') return rowOfXml(body, rows, row);
  const lines = body.trimEnd().split(/\r?\n/);
  return lines.length === rows + 1 ? `${lines[0]}\n${lines[row + 1]}` : null;
}

function rowOfJson(body: string, rows: number, row: number): string | null {
  let page: unknown;
  try {
    page = JSON.parse(body);
  } catch {
    return null;
  }
  const lists: unknown[][] = [];
  const look = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > 4) return;
    if (!Array.isArray(value)) for (const inner of Object.values(value)) look(inner, depth + 1);
    else if (value.length === rows) lists.push(value);
  };
  look(page, 0);
  const found = lists[0]?.[row];
  return lists.length === 1 && typeof found === 'object' ? JSON.stringify(found, null, 2) : null;
}

function rowOfXml(body: string, rows: number, row: number): string | null {
  const page = new DOMParser().parseFromString(body, 'application/xml');
  if (page.querySelector('parsererror') !== null) return null;
  const lists = [...page.querySelectorAll('*')].filter(({ children }) => children.length === rows);
  const found = lists[0]?.children[row];
  return lists.length === 1 && found ? new XMLSerializer().serializeToString(found).replaceAll('><', '>\n<') : null;
}
