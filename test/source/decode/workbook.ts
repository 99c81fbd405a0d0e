import { strToU8, zipSync } from 'fflate';
import { escapeXml } from '../../../src/source/xml.js';

/** A cell as it stands in the file. */
export type FileCell = string | number | boolean | null | { readonly serial: number } | { readonly error: string };

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006/relationships';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** The parts of a workbook as Excel writes them: shared strings, one date style, one file per sheet. */
export function workbookParts(
  sheets: Readonly<Record<string, readonly (readonly FileCell[])[]>>,
  date1904 = false,
): Record<string, string> {
  const strings: string[] = [];
  const names = Object.keys(sheets);
  const list = names.map((name, at) => `<sheet name="${escapeXml(name)}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`);
  const relations = names.map(
    (_, at) => `<Relationship Id="rId${at + 1}" Type="${RELATIONS}/worksheet" Target="worksheets/sheet${at + 1}.xml"/>`,
  );
  const files = Object.values(sheets).map((rows, at) => [`xl/worksheets/sheet${at + 1}.xml`, sheetXml(rows, strings)]);
  return {
    '[Content_Types].xml': `${DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
    'xl/workbook.xml': `${DECLARATION}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><workbookPr date1904="${date1904 ? 1 : 0}"/><sheets>${list.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${DECLARATION}<Relationships xmlns="${PACKAGE}">${relations.join('')}<Relationship Id="s" Type="${RELATIONS}/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="t" Type="${RELATIONS}/styles" Target="styles.xml"/></Relationships>`,
    'xl/styles.xml': `${DECLARATION}<styleSheet xmlns="${MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
    ...Object.fromEntries(files),
    'xl/sharedStrings.xml': `${DECLARATION}<sst xmlns="${MAIN}">${strings.map((text) => `<si><t xml:space="preserve">${escapeXml(text)}</t></si>`).join('')}</sst>`,
  };
}

function sheetXml(rows: readonly (readonly FileCell[])[], strings: string[]): string {
  const lines = rows.map((cells, at) => {
    const written = cells.map((cell, column) => cellXml(cell, `${columnName(column)}${at + 1}`, strings));
    return `<row r="${at + 1}">${written.join('')}</row>`;
  });
  return `${DECLARATION}<worksheet xmlns="${MAIN}"><sheetData>${lines.join('')}</sheetData></worksheet>`;
}

function cellXml(cell: FileCell, address: string, strings: string[]): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return `<c r="${address}"><v>${cell}</v></c>`;
  if (typeof cell === 'boolean') return `<c r="${address}" t="b"><v>${cell ? 1 : 0}</v></c>`;
  if (typeof cell === 'string') return `<c r="${address}" t="s"><v>${strings.push(cell) - 1}</v></c>`;
  return 'serial' in cell
    ? `<c r="${address}" s="1"><v>${cell.serial}</v></c>`
    : `<c r="${address}" t="e"><v>${cell.error}</v></c>`;
}

function columnName(column: number): string {
  const last = String.fromCharCode(65 + (column % 26));
  return column < 26 ? last : columnName(Math.floor(column / 26) - 1) + last;
}

/** Packs parts to the bytes of a workbook. */
export function packWorkbook(parts: Readonly<Record<string, string>>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(text)])));
}

/** The bytes of a workbook. */
export function writeWorkbook(
  sheets: Readonly<Record<string, readonly (readonly FileCell[])[]>>,
  date1904 = false,
): Uint8Array {
  return packWorkbook(workbookParts(sheets, date1904));
}
