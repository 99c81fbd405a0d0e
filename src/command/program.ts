import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { Command, CommanderError } from 'commander';
import { describeError, PlatformError } from '../domain/errors.js';
import { addBackupCommands } from './backup.js';
import { addCompletionCommand } from './completion.js';
import { addComputationCommand } from './computation.js';
import { addConnectorCommands } from './connector.js';
import type { Console } from './console.js';
import { addExportCommand } from './export.js';
import { AnswerError, EXIT, UsageError } from './failure.js';
import { explainFile } from './missingFile.js';
import { addQueryCommand } from './query.js';
import { addRunCommands } from './run.js';
import { addSchemaCommands } from './schema.js';
import { Session, SHARED_OPTIONS, type SharedOptions } from './session.js';
import { addSourceCommands } from './source.js';
import { addTokenCommand } from './token.js';
import type { Desk, Work } from './work.js';

const EXAMPLES = `
Examples:
  npx dti query examples/query/data-team/ranking.graphql --variables '{"published":"PROVINCE-2022"}'
  npx dti source list --json
  npx dti export ranking round=PROVINCE-2022 --out ranking.xlsx
  npx dti run watch
  npx dti backup --out dti.backup
  npx dti --version

npx dti is for the folder of the project: elsewhere npx would ask the registry for a foreign package of this name.

Results go to standard output, progress and errors to standard error. Exit codes: 0 good, 1 failed or bad, 2 wrong command line.
Every command is described in docs/command-line.md.`;

/**
 * Does what a command line says.
 * @param args without node and the script
 * @returns the exit code, one of {@link EXIT}
 */
export async function runCommandLine(args: readonly string[], console: Console): Promise<number> {
  let code: number = EXIT.OK;
  const act = <Options extends object>(work: Work<Options>, role?: 'integrator') =>
    async function (this: Command): Promise<void> {
      const options = this.optsWithGlobals<Options & SharedOptions>();
      const session = new Session(console, options, role ?? null);
      const isGood = await work(session, options, ...this.args);
      if (isGood === false) code = EXIT.FAILURE;
    };
  try {
    // Alone, since commands have a --version of their own: that of a source.
    if (args.length === 1 && args[0] === '--version') {
      await console.write(`${readVersion()}\n`);
      return EXIT.OK;
    }
    await createProgram(console, { act }).parseAsync([...args], { from: 'user' });
    return code;
  } catch (thrown) {
    const error = explainFile(thrown);
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
    if (console.signal.aborted) return EXIT.FAILURE;
    const isUsage = error instanceof UsageError;
    tellFailure(console, args.includes('--json'), isUsage ? 'USAGE' : codeOf(error), describeError(error));
    return isUsage ? EXIT.USAGE : EXIT.FAILURE;
  }
}

/** The whole command line, as commander has it. */
export function createProgram(console: Pick<Console, 'write' | 'tell'>, desk: Desk): Command {
  const program = new Command('dti')
    .description('The Digital Transformation Index from the command line: queries, sources, runs, backups.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void console.write(text),
      writeErr: (text) => console.tell(text.replace(/\n$/, '')),
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for all options)')
    .addHelpText('after', EXAMPLES);
  for (const option of SHARED_OPTIONS) program.addOption(option);
  addQueryCommand(program, desk);
  addExportCommand(program, desk);
  addSourceCommands(program, desk);
  addRunCommands(program, desk);
  addComputationCommand(program, desk);
  addBackupCommands(program, desk);
  addConnectorCommands(program, desk);
  addTokenCommand(program, desk);
  addSchemaCommands(program, desk);
  addCompletionCommand(program, desk);
  return program;
}

/** The version of this installation, compiled or not. */
function readVersion(): string {
  const file = findPackageJSON(import.meta.url);
  if (file === undefined) throw new Error('package.json is missing');
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}

function codeOf(error: unknown): string {
  if (error instanceof PlatformError || error instanceof AnswerError) return error.code;
  const system = error instanceof Error && 'code' in error ? error.code : null;
  return typeof system === 'string' ? system : 'FAILED';
}

function tellFailure(console: Console, asJson: boolean, code: string, message: string): void {
  if (asJson) console.tell(JSON.stringify({ error: { code, message } }));
  else if (code === 'USAGE') console.tell(`error: ${message}\n(add --help for all options)`);
  // What the system says begins with its code already.
  else console.tell(message.startsWith(`${code}: `) ? message : `${code}: ${message}`);
}
