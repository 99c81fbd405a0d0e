import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createConnectorFolder } from './connectorScaffold.js';
import { describeError } from './domain/errors.js';

const HELP = `Usage: npm run connector:new -- <name> [--code] [--folder connectors]

Makes the folder of a connector that passes the contract at once, against a recorded example. Change it step by step to
your source, and test it after each step: docs/connecting.md.

  --code         TypeScript (index.ts, parse.ts) in place of a manifest, for protocols that a manifest cannot express
  --folder DIR   where the folder is made; "connectors" unless given
  --help         prints this

A name is the key of the source: 2 to 40 small letters, digits and _, beginning with a letter.
`;

/** The command line of the scaffold. */
async function main(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { code: { type: 'boolean' }, folder: { type: 'string' }, help: { type: 'boolean' } },
  });
  const [name, ...more] = positionals;
  if (values.help === true || name === undefined || more.length > 0) {
    process.stdout.write(HELP);
    if (values.help !== true) process.exitCode = 1;
    return;
  }
  const parent = values.folder ?? 'connectors';
  const files = await createConnectorFolder(parent, name, values.code === true ? 'code' : 'manifest');
  const folder = join(parent, name);
  const register =
    values.code === true ? [`add the connector of ./${name}/index.js to CODE_CONNECTORS in connectors/index.ts`] : [];
  const steps = [
    `npm run connector:test -- ${folder}     passes, against the recorded example`,
    `write ${join(folder, 'README.md')}, then change ${join(folder, values.code === true ? 'parse.ts' : 'manifest.yaml')}`,
    `npm run connector:test -- --base-url https://… --record ${folder}     tests the real source and records it`,
    ...register,
  ];
  const written = files.map((file) => `  ${join(folder, file)}\n`).join('');
  process.stdout.write(`Made\n${written}Next\n${steps.map((step, at) => `  ${at + 1}. ${step}\n`).join('')}`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
});
