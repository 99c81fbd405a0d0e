import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readConfig } from './config.js';
import { describeError } from './domain/errors.js';
import { printGraphSchema } from './graph/schema.js';
import { makeToken } from './tokenCommand.js';

const HELP = `Usage: npm run cli -- <command>

  schema [--out FILE]   prints the GraphQL schema, or writes it to a file
  token --role ROLE [--entity GSO-2025:79] [--expires SECONDS] [--subject NAME]
                        prints a token; also as npm run --silent token -- …
`;

/** The command line. */
async function main(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      role: { type: 'string' },
      entity: { type: 'string' },
      expires: { type: 'string' },
      subject: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const [command] = positionals;
  if (command === 'schema') {
    const schema = printGraphSchema();
    if (values.out === undefined) process.stdout.write(schema);
    else await writeFile(values.out, schema);
    return;
  }
  if (command === 'token') {
    process.stdout.write(`${await makeToken(readConfig(), values)}\n`);
    return;
  }
  process.stdout.write(HELP);
  if (values.help !== true) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
});
