import { Zip, ZipDeflate } from 'fflate';
import { PlatformError } from '../domain/errors.js';
import { type Cell, type CellType, factsOf, type Table } from './table.js';

// Written here and not by a library: write-excel-file, the one that installs, holds the whole workbook (535 MB for 50,000 rows of 25 cells,
// 24 s on the thread that answers everybody); this holds one batch.

/** Most rows of a sheet, the header among them. */
export const MAX_SHEET_ROWS = 1_048_576;
/** Most characters of a cell. */
const MAX_CELL = 32_767;
/** Equal tables are equal files, so no entry tells when it was made. */
const MTIME = new Date(2000, 0, 1);
const BOLD = 1;

/**
 * Writes a workbook with two sheets: the table, and what is told about it. A text is a text in any spreadsheet, also one that begins with `=`; numbers
 * stand in the file with all their digits, though most programs read them as float64.
 * @param header what stands above the columns
 * @throws PlatformError EXPORT_TOO_LARGE for more rows than a sheet has, or a text that is longer than a cell
 */
export async function* writeXlsx(table: Table, header: 'CODES' | 'LABELS'): AsyncGenerator<Uint8Array> {
  const { columns, about } = table;
  const pieces: Uint8Array[] = [];
  let failure: Error | null = null;
  const zip = new Zip((error, piece) => {
    if (error) failure = error;
    else pieces.push(piece);
  });
  const encoder = new TextEncoder();
  const open = (name: string) => {
    const file = new ZipDeflate(name, { level: 6 });
    file.mtime = MTIME;
    zip.add(file);
    return (text: string, isLast = false): void => file.push(encoder.encode(text), isLast);
  };
  const take = (): Uint8Array[] => {
    if (failure !== null) throw failure;
    return pieces.splice(0);
  };

  for (const [name, text] of Object.entries(partsOf(about.lang))) open(name)(text, true);
  const put = open('xl/worksheets/sheet1.xml');
  put(sheetStart(true));
  const types = columns.map(({ type }) => type);
  let rowAt = 1;
  put(
    writeRow(
      rowAt,
      columns.map(({ name, title }) => (header === 'CODES' ? name : title)),
      [],
      BOLD,
    ),
  );
  yield* take();
  for await (const rows of table.batches) {
    let text = '';
    for (const row of rows) {
      rowAt += 1;
      if (rowAt > MAX_SHEET_ROWS) throw tooLarge(`A sheet has ${MAX_SHEET_ROWS} rows at most.`);
      text += writeRow(rowAt, row, types);
    }
    if (text !== '') put(text);
    yield* take();
  }
  put(SHEET_END, true);
  const tell = open('xl/worksheets/sheet2.xml');
  tell(sheetStart(false));
  const told = [
    ...factsOf(table).map(({ title, value }) => [title, value]),
    [],
    ...columns.map(({ name, title }) => [name, title]),
  ];
  tell(told.map((row, at) => writeRow(at + 1, row, [])).join(''));
  tell(SHEET_END, true);
  zip.end();
  yield* take();
}

function sheetStart(isFrozen: boolean): string {
  const pane = isFrozen
    ? '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    : '<cols><col min="1" max="1" width="28" customWidth="1"/><col min="2" max="2" width="100" customWidth="1"/></cols>';
  return `${XML}<worksheet xmlns="${MAIN}">${pane}<sheetData>`;
}

function writeRow(rowAt: number, cells: readonly Cell[], types: readonly CellType[], style = 0): string {
  let text = `<row r="${rowAt}">`;
  for (const [at, cell] of cells.entries()) {
    if (cell === null) continue;
    const start = `<c r="${columnName(at)}${rowAt}"${style === 0 ? '' : ` s="${style}"`}`;
    if (typeof cell === 'boolean') text += `${start} t="b"><v>${cell ? 1 : 0}</v></c>`;
    else if (typeof cell === 'number' || types[at] === 'DECIMAL') text += `${start}><v>${cell}</v></c>`;
    else text += `${start} t="inlineStr"><is><t xml:space="preserve">${escapeText(cell)}</t></is></c>`;
  }
  return `${text}</row>`;
}

const names: string[] = [];

/** 0 → A, 25 → Z, 26 → AA. */
function columnName(at: number): string {
  const known = names[at];
  if (known !== undefined) return known;
  const letter = String.fromCharCode(65 + (at % 26));
  const name = at < 26 ? letter : columnName(Math.floor(at / 26) - 1) + letter;
  names[at] = name;
  return name;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };

/** XML has no control characters, which spreadsheets write as `_x0007_`, and its readers take CRLF for LF. */
function escapeText(text: string): string {
  if (text.length > MAX_CELL)
    throw tooLarge(`A cell has ${MAX_CELL} characters at most, and one would have ${text.length}.`);
  return text
    .replace(/[&<>\r]/g, (letter) => ENTITIES[letter] ?? letter)
    .replace(/(?![\t\n\r])\p{Cc}|[\uFFFE\uFFFF]/gu, (letter) => {
      return `_x${letter.charCodeAt(0).toString(16).padStart(4, '0')}_`;
    });
}

function tooLarge(reason: string): PlatformError {
  return new PlatformError('EXPORT_TOO_LARGE', `${reason} Ask for csv or parquet, or for less by filters.`);
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATED = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const SHEET_END = '</sheetData></worksheet>';
const SHEET_NAMES = { en: ['Data', 'About'], vi: ['Dữ liệu', 'Giới thiệu'] };

/** All parts of the package but the sheets (ECMA-376). */
function partsOf(lang: 'vi' | 'en'): Readonly<Record<string, string>> {
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
  const sheets = SHEET_NAMES[lang].map((name, at) => ({ name, id: at + 1 }));
  const relation = (id: number, kind: string, target: string) =>
    `<Relationship Id="rId${id}" Type="${RELATED}/${kind}" Target="${target}"/>`;
  const override = (part: string, kind: string) => `<Override PartName="${part}" ContentType="${type}.${kind}+xml"/>`;
  const font = '<sz val="11"/><name val="Calibri"/>';
  return {
    '[Content_Types].xml': `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>${override('/xl/workbook.xml', 'sheet.main')}${override('/xl/styles.xml', 'styles')}${sheets.map(({ id }) => override(`/xl/worksheets/sheet${id}.xml`, 'worksheet')).join('')}</Types>`,
    '_rels/.rels': `${XML}<Relationships xmlns="${PACKAGE}/relationships">${relation(1, 'officeDocument', 'xl/workbook.xml')}</Relationships>`,
    'xl/workbook.xml': `${XML}<workbook xmlns="${MAIN}" xmlns:r="${RELATED}"><sheets>${sheets.map(({ name, id }) => `<sheet name="${name}" sheetId="${id}" r:id="rId${id}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${XML}<Relationships xmlns="${PACKAGE}/relationships">${sheets.map(({ id }) => relation(id, 'worksheet', `worksheets/sheet${id}.xml`)).join('')}${relation(sheets.length + 1, 'styles', 'styles.xml')}</Relationships>`,
    'xl/styles.xml': `${XML}<styleSheet xmlns="${MAIN}"><fonts count="2"><font>${font}</font><font><b/>${font}</font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/></cellXfs></styleSheet>`,
  };
}
