import { type BasicType, ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { type Cell, type CellType, factsOf, type Row, type Table } from './table.js';

/** Rows that are encoded together: what is held in memory at a time. */
const GROUP = 20_000;

const TYPES: Readonly<Record<CellType, BasicType>> = {
  ...{ TEXT: 'STRING', INTEGER: 'INT64', NUMBER: 'DOUBLE', DECIMAL: 'DOUBLE', BOOLEAN: 'BOOLEAN', TIME: 'STRING' },
};

/**
 * Writes a table as Parquet: one optional column per column, texts and times as UTF-8, whole numbers as int64, numbers and decimals as float64 (the nearest one to a decimal
 * with more digits), compressed by Snappy. What is told about the table is its key-value metadata, with `columns` as JSON.
 */
export async function* writeParquet(table: Table): AsyncGenerator<Uint8Array> {
  const { columns } = table;
  const writer = new ByteWriter();
  const dataOf = (rows: readonly (readonly Cell[])[]) =>
    columns.map(({ name, type }, at) => ({ name, data: rows.map((row) => write(row[at] ?? null, type)) }));
  const typed = columns.map(({ name, type }) => ({ name, data: [], type: TYPES[type], nullable: true }));
  const facts = new Map<string, string>();
  for (const { name, value } of factsOf(table)) facts.set(name, [facts.get(name), value].filter(Boolean).join('\n'));
  const described = columns.map(({ name, title, role, type }) => ({ name, title, role, type }));
  const parquet = new ParquetWriter({
    ...{ writer, schema: schemaFromColumnData({ columnData: typed }), createdBy: 'dti-graph' },
    kvMetadata: [
      ...[...facts].map(([key, value]) => ({ key, value })),
      { key: 'columns', value: JSON.stringify(described) },
    ],
  });
  /** What was written since the last time; positions go on from there. */
  const take = (): Uint8Array => {
    const bytes = writer.getBytes().slice();
    writer.index = 0;
    return bytes;
  };
  for await (const rows of inGroups(table.batches, GROUP)) {
    parquet.write({ columnData: dataOf(rows), rowGroupSize: rows.length });
    yield take();
  }
  parquet.finish();
  yield take();
}

function write(cell: Cell, type: CellType): Cell | bigint {
  if (cell === null) return null;
  return type === 'INTEGER' ? BigInt(cell) : type === 'DECIMAL' ? Number(cell) : cell;
}

/** Batches put together until there are enough rows. */
async function* inGroups(batches: AsyncIterable<readonly Row[]>, size: number): AsyncGenerator<readonly Row[]> {
  let group: Row[] = [];
  for await (const rows of batches) {
    group.push(...rows);
    if (group.length >= size) {
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}
