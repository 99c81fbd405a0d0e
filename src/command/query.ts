import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { type DocumentNode, GraphQLError, parse } from 'graphql';
import { type SentError, send } from './client.js';
import { AnswerError, UsageError } from './failure.js';
import type { Session } from './session.js';
import { readVariables } from './variables.js';
import { operationOf, watch } from './watch.js';
import { type Desk, wholeNumber } from './work.js';

interface QueryOptions {
  readonly variables?: string;
  readonly variablesFile?: string;
  readonly operation?: string;
  readonly watch?: boolean;
  readonly events?: number;
}

/** Registers the command that runs a document. */
export function addQueryCommand(program: Command, { act }: Desk): void {
  program
    .command('query <file>')
    .description('runs a GraphQL document; - reads it from standard input')
    .option('--variables <json>', 'variables, as a JSON object')
    .option('--variables-file <file>', 'the same from a file')
    .option('--operation <name>', 'which operation of the document')
    .option('--watch', 'follows a subscription, an event a line; goes on where it was after a lost connection')
    .option('--events <number>', 'with --watch: ends after so many events', wholeNumber(1))
    .action(act(run))
    .addHelpText('after', '\nErrors are told on standard error with their codes, and the exit code is 1.');
}

async function run(session: Session, options: QueryOptions, file = ''): Promise<boolean> {
  const query = file === '-' ? await text(session.console.input) : await readFile(file, 'utf8');
  const operation = operationOf(read(query), options.operation);
  if (options.variables !== undefined && options.variablesFile !== undefined)
    throw new UsageError('--variables and --variables-file exclude each other');
  const { variablesFile } = options;
  const variables = readVariables(
    variablesFile === undefined ? options.variables : await readFile(variablesFile, 'utf8'),
  );
  const named = options.operation === undefined ? {} : { operationName: options.operation };
  const isSubscription = operation?.operation === 'subscription';
  if (isSubscription && options.watch !== true)
    throw new UsageError('this is a subscription; add --watch to follow it');
  if (!isSubscription && options.watch === true) throw new UsageError('--watch goes with a subscription');
  if (isSubscription) {
    let isGood = true;
    const events = options.events === undefined ? {} : { events: options.events };
    await watch(session, { query, variables, ...named, ...events }, async (event) => {
      isGood = tellErrors(session, event.errors) && isGood;
      await session.console.write(`${JSON.stringify(event)}\n`);
    });
    return isGood;
  }
  const startedAt = performance.now();
  const { data, errors, cost, status } = await send(session, { query, variables, ...named });
  if (session.options.verbose === true) {
    const ms = Math.round(performance.now() - startedAt);
    session.console.tell(`status ${status}, cost ${cost ?? 'unknown'}, ${ms} ms`);
  }
  const isGood = tellErrors(session, errors);
  const answer = isGood ? { data } : { data, errors };
  if (session.options.json === true) await session.console.write(`${JSON.stringify(answer)}\n`);
  else if (data !== null) await session.console.write(`${JSON.stringify(data, null, 2)}\n`);
  return isGood;
}

function read(query: string): DocumentNode {
  try {
    return parse(query);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const [place] = error.locations ?? [];
    throw new AnswerError('GRAPHQL_PARSE_FAILED', `${place?.line}:${place?.column} ${error.message}`);
  }
}

/** @returns whether there were none */
function tellErrors({ console }: Session, errors: readonly SentError[] = []): boolean {
  for (const { message, path, extensions } of errors) {
    console.tell(`${extensions?.code ?? 'ERROR'}: ${message}${path === undefined ? '' : ` (${path.join('.')})`}`);
  }
  return errors.length === 0;
}
