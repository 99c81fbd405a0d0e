import type { About, Column, Row, Table } from '../../src/exchange/table.js';

/** Columns of every type and role. */
export const COLUMNS: readonly Column[] = [
  { name: 'year', title: 'Year', type: 'INTEGER', role: 'DIMENSION', about: 'TIME', concept: 'TIME_PERIOD' },
  { name: 'entity', title: 'Entity', type: 'TEXT', role: 'DIMENSION', about: 'PLACE', concept: 'REF_AREA' },
  { name: 'entity_name', title: 'Name of the entity', type: 'TEXT', role: 'LABEL', of: 'entity' },
  { name: 'value', title: 'Value', type: 'NUMBER', role: 'MEASURE', concept: 'OBS_VALUE' },
  { name: 'count', title: 'Count', type: 'DECIMAL', role: 'MEASURE' },
  { name: 'rank', title: 'Rank', type: 'INTEGER', role: 'MEASURE' },
  { name: 'obs_status', title: 'Status', type: 'TEXT', role: 'ATTRIBUTE' },
  { name: 'simulated', title: 'Simulated', type: 'BOOLEAN', role: 'ATTRIBUTE' },
  { name: 'at', title: 'At', type: 'TIME', role: 'ATTRIBUTE' },
];

const TIME = '2026-11-22T00:00:00.000Z';

/** Rows with what breaks files: quotes, separators, line ends, formulas, markup, nothing, empty texts, many digits, small numbers. */
export const ROWS: readonly Row[] = [
  [2022, 'GSO-2004:01', 'Hà Nội, "thủ đô"; &<b>', 0.1, '12345678901234567890.123456', 1, 'A', true, TIME],
  [2022, 'GSO-2004:02', '=HYPERLINK("http://x")\r\nnext\nline', 1e-12, '-0.5', 2, 'P', false, null],
  [2022, 'GSO-2004:03', '', null, null, null, 'O', false, TIME],
  [2021, 'GSO-2004:01', ' -1 \t', 0.630115453765, '98', 3, 'E', true, TIME],
];

const ABOUT: About = {
  ...{
    lang: 'en',
    fileName: 'dti-test',
    title: 'Test',
    citation: 'Test, revision 7.',
    simulated: true,
    illustrative: false,
  },
  notes: ['SIMULATED DATA'],
  facts: [{ name: 'revision', title: 'Revision', value: '7' }],
  sources: [{ key: 'registry', name: 'Registry', citation: 'Registry 2022.', licence: 'CC0', simulated: true }],
};

/** A table of {@link ROWS}, or of others, in batches of two. */
export function makeTable({
  rows = ROWS,
  columns = COLUMNS,
  about = {},
}: Partial<{
  rows: readonly Row[];
  columns: readonly Column[];
  about: Partial<About>;
}> = {}): Table {
  async function* batches() {
    for (let at = 0; at < rows.length; at += 2) yield rows.slice(at, at + 2);
  }
  return { name: 'test', columns, batches: batches(), about: { ...ABOUT, ...about } };
}

/** Everything that a writer writes. */
export async function bytesOf(pieces: AsyncIterable<Uint8Array | string>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(Buffer.from(piece));
  return Buffer.concat(all);
}
