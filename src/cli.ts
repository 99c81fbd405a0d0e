import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { describeError } from './domain/errors.js';
import { printGraphSchema } from './graph/schema.js';

const HELP = `Usage: npm run cli -- <command>

  schema [--out FILE]   prints the GraphQL schema, or writes it to a file
`;

/** The command line. */
async function main(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { out: { type: 'string' }, help: { type: 'boolean' } },
  });
  const [command] = positionals;
  if (command === 'schema') {
    const schema = printGraphSchema();
    if (values.out === undefined) process.stdout.write(schema);
    else await writeFile(values.out, schema);
    return;
  }
  process.stdout.write(HELP);
  if (values.help !== true) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
});
