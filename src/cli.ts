import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readConfig } from './config.js';
import { describeError } from './domain/errors.js';
import { printGraphSchema } from './graph/schema.js';
import { manifestJsonSchema } from './source/manifest/jsonSchema.js';
import { runSourceCommand, SOURCE_HELP } from './sourceCommand.js';
import { makeToken } from './tokenCommand.js';

const HELP = `Usage: npm run cli -- <command>

  schema [--out FILE]   prints the GraphQL schema, or writes it to a file
  token --role ROLE [--entity GSO-2025:79] [--expires SECONDS] [--subject NAME]
                        prints a token; also as npm run --silent token -- …
  manifest-schema [--out FILE]
                        prints the JSON Schema of manifests, for editors; also as npm run manifest:schema
${SOURCE_HELP}`;

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
      url: { type: 'string' },
      version: { type: 'string' },
      'base-url': { type: 'string' },
      schedule: { type: 'string' },
      secret: { type: 'string', multiple: true },
      mode: { type: 'string' },
      period: { type: 'string' },
      pages: { type: 'string' },
      'no-wait': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const [command, ...words] = positionals;
  if (values.help === true) return void process.stdout.write(HELP);
  if (command === 'schema') {
    const schema = printGraphSchema();
    if (values.out === undefined) process.stdout.write(schema);
    else await writeFile(values.out, schema);
    return;
  }
  if (command === 'token') {
    process.stdout.write(`${await makeToken(readConfig(), values, warn)}\n`);
    return;
  }
  if (command === 'manifest-schema') {
    const schema = `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`;
    if (values.out === undefined) process.stdout.write(schema);
    else await writeFile(values.out, schema);
    return;
  }
  if (command === 'source') {
    const isGood = await runSourceCommand(
      { ...values, words },
      {
        url: values.url?.replace(/\/$/, '') ?? urlOfPlatform(),
        token:
          process.env.DTI_TOKEN ??
          (await makeToken(readConfig(), { role: 'integrator', subject: 'command-line' }, warn)),
        environment: process.env,
        input: process.stdin,
        write: (text) => void process.stdout.write(text),
      },
    );
    if (!isGood) process.exitCode = 1;
    return;
  }
  process.stdout.write(HELP);
  process.exitCode = 1;
}

/** Standard output is for the result alone. */
function warn(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Where the platform of this environment listens. */
function urlOfPlatform(): string {
  const { host, port } = readConfig();
  // A wildcard is where the server listens, not where a client can go.
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

// Whoever reads may have enough of it, as `head` does: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
});
