import { open, readFile, rename, rm } from 'node:fs/promises';
import { Argument, type Command, Option } from 'commander';
import type { RequestInit } from 'undici';
import { FORMATS } from '../exchange/format.js';
import { type StepDisplay, step } from '../progress.js';
import { EXPORT_TABLES } from '../server/exportTable.js';
import { type Answer, get } from './client.js';
import { AnswerError, UsageError } from './failure.js';
import type { Session } from './session.js';
import { readVariables } from './variables.js';
import type { Desk } from './work.js';

interface ExportOptions {
  readonly out: string;
  readonly format?: string;
  readonly document?: string;
  readonly variables?: string;
}

/** Formats by the ending of a file; that of JSON-stat is what the platform calls it. */
const ENDINGS = Object.keys(FORMATS);
const ALIASES: Readonly<Record<string, string>> = { jsonstat: 'json', sdmx: 'sdmx.csv' };
/** The tables that have an address, and the answer to a query. */
const TABLES = [...EXPORT_TABLES.keys(), 'query'];
const MB = 1024 * 1024;

const HELP = `
A table is ranking, scores or observations; its arguments are those of the field of this name: round=PROVINCE-2022,
filter.region.eq=RRD, at.asOf.time=2026-11-01T08:00:00Z. So are the options of a format: decimal=comma, bom=1 (docs/exporting.md).
Of a query the list is named by its path: dti export query --document my.graphql path=ranking.edges --out my.csv
The format follows from the ending of the file: .csv, .xlsx, .json (JSON-stat 2.0), .sdmx.csv, .parquet.`;

/** Registers the command that writes tables to files. */
export function addExportCommand(program: Command, { act }: Desk): void {
  program
    .command('export')
    .addArgument(new Argument('<table>', 'what to write').choices(TABLES))
    .argument('[arguments...]', 'arguments and options of the table, such as round=PROVINCE-2022')
    .description('writes a ranking, scores, observations or the answer to a query to a file')
    .requiredOption('--out <file>', 'the file; an older one of this name is replaced when the new one is whole')
    .addOption(
      new Option('--format <format>', 'absent = by the ending of the file').choices([
        ...ENDINGS,
        ...Object.keys(ALIASES),
      ]),
    )
    .option('--document <file>', 'of the table query: the document')
    .option('--variables <json>', 'of the table query: its variables')
    .action(act(exportTable))
    .addHelpText('after', HELP);
}

async function exportTable(session: Session, options: ExportOptions, table = '', ...given: string[]): Promise<boolean> {
  const format = formatOf(options);
  const search = new URLSearchParams({ lang: session.options.lang ?? 'en' });
  for (const each of given) {
    const at = each.indexOf('=');
    if (at < 1) throw new UsageError(`"${each}" is not an argument such as round=PROVINCE-2022`);
    search.append(each.slice(0, at), each.slice(at + 1));
  }
  const request = await requestOf(table, format, search, options);
  const work = (display: StepDisplay) => download(session, request, options.out, display);
  const bytes = await step(`Export to ${options.out}`, work, session.showsProgress ? 'command' : 'nowhere');
  await session.print({ file: options.out, bytes, format }, [`${options.out}  ${bytes} bytes`]);
  return true;
}

function formatOf({ format, out }: ExportOptions): string {
  const found = format ?? ENDINGS.toSorted((a, b) => b.length - a.length).find((ending) => out.endsWith(`.${ending}`));
  const name = found === undefined ? undefined : (ALIASES[found] ?? found);
  if (name !== undefined && ENDINGS.includes(name)) return name;
  throw new UsageError(`the format must be one of ${ENDINGS.join(', ')}: name the file so, or give --format`);
}

interface ExportRequest {
  readonly path: string;
  readonly init: RequestInit;
}

async function requestOf(
  table: string,
  format: string,
  search: URLSearchParams,
  { document, variables }: ExportOptions,
): Promise<ExportRequest> {
  const isQuery = table === 'query';
  if (isQuery && document === undefined)
    throw new UsageError('of the table query, --document names the file, and path=… the list whose items are the rows');
  if (!isQuery && document !== undefined)
    throw new UsageError(`--document goes with the table query, and not with ${table}`);
  if (document === undefined) return { path: `/export/${encodeURIComponent(table)}.${format}?${search}`, init: {} };
  search.append('format', format);
  const body = JSON.stringify({ query: await readFile(document, 'utf8'), variables: readVariables(variables) });
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  return { path: `/export?${search}`, init };
}

/** @returns how many bytes were written. @throws AnswerError when it was refused, or cut off on its way */
async function download(
  session: Session,
  { path, init }: ExportRequest,
  out: string,
  { show }: StepDisplay,
): Promise<number> {
  const response = await get(session, path, init);
  if (!response.ok || response.body === null) throw refusal(response.status, await response.text());
  const partial = `${out}.${process.pid}.partial`;
  const file = await open(partial, 'wx');
  try {
    let bytes = 0;
    for await (const chunk of response.body) {
      for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
      bytes += chunk.length;
      show(`${(bytes / MB).toFixed(1)} MB`);
    }
    await file.sync();
    await file.close();
    await rename(partial, out);
    return bytes;
  } catch (error) {
    await file.close();
    await rm(partial, { force: true });
    // fetch says no more than that the connection ended.
    if (error instanceof TypeError) throw new AnswerError('UNREACHABLE', 'the export was cut off before its end');
    throw error;
  }
}

function refusal(status: number, body: string): AnswerError {
  try {
    const { errors = [] } = JSON.parse(body) as Answer<never>;
    const [error] = errors;
    if (error !== undefined) return new AnswerError(error.extensions?.code ?? 'FAILED', error.message);
  } catch {
    // Said below.
  }
  return new AnswerError('FAILED', `the platform answered ${status}`);
}
