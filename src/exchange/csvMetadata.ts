import { type CellType, factsOf, type Table } from './table.js';

const DATATYPES: Readonly<Record<CellType, string>> = {
  ...{ TEXT: 'string', INTEGER: 'integer', NUMBER: 'double', DECIMAL: 'decimal', BOOLEAN: 'boolean' },
  TIME: 'dateTime',
};

/**
 * Describes the CSV of a table as CSV on the Web has it (W3C, Metadata Vocabulary for Tabular Data): its columns with titles and types, and in
 * `notes` everything that is told about it.
 * @param url where the file is, absolute or from the root
 */
export function writeCsvMetadata(table: Pick<Table, 'columns' | 'about'>, url: string): string {
  const { columns, about } = table;
  const described = {
    '@context': ['http://www.w3.org/ns/csvw', { '@language': about.lang }],
    url,
    'dc:title': about.title,
    'dc:bibliographicCitation': about.citation,
    'dc:description': about.notes.join(' '),
    notes: factsOf(table),
    dialect: { encoding: 'utf-8', delimiter: ',', lineTerminators: ['\r\n'], header: true },
    tableSchema: {
      // The header of the file must be among the titles.
      columns: columns.map(({ name, title, type }) => ({
        ...{ name, titles: { [about.lang]: [title, name] }, datatype: DATATYPES[type] },
      })),
    },
  };
  return `${JSON.stringify(described, null, 2)}\n`;
}
