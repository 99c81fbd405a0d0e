import { join } from 'node:path';
import type { Command } from 'commander';
import type { TestOptions } from './connectorTest.js';
import type { Session } from './session.js';
import type { Desk } from './work.js';

const NEW_HELP = `
A connector that is new passes the contract at once, against a recorded example. Change it step by step to your source, and test it
after each step: docs/connecting.md. A name is the key of the source: 2 to 40 small letters, digits and _, beginning with a letter.`;

const TEST_HELP = `
Checks the contract (connectors/README.md, "Testing a connector") through a server on the loopback interface that disturbs the source.
The source is, in this order: the address of --base-url; the recording in the folder of the connector; a simulator of the demonstration.
The secret apiKey may also come from CONNECTOR_SECRET_APIKEY of the environment.`;

/** Registers the commands for authors of connectors. */
export function addConnectorCommands(program: Command, { act }: Desk): void {
  const connector = program.command('connector').description('connectors: making and testing them');
  connector
    .command('new <name>')
    .description('makes the folder of a connector')
    .option('--code', 'TypeScript in place of a manifest, for protocols that a manifest cannot express')
    .option('--folder <folder>', 'where the folder is made', 'connectors')
    .action(act(make))
    .addHelpText('after', NEW_HELP);
  connector
    .command('test [targets...]')
    .description('tests manifests, or folders of connectors, against the contract of connectors')
    .option('--base-url <url>', 'the real source; nothing is written there, but it is asked some hundred times')
    .option('--secrets-stdin', 'reads the secrets from standard input, as a JSON object')
    .option('--record', 'writes what the source answers, without secrets, to <folder>/recording/exchanges.json')
    .option('--recording <folder>', 'reads, or with --record writes, the recording there instead')
    .option('--live', 'ignores a recording')
    .option('--only <names>', 'runs only these checks, comma-separated')
    .option('--list', 'prints the names of the checks and what must hold')
    .action(
      act(async ({ console }, options: TestOptions, ...targets) => {
        const { testConnectors } = await import('./connectorTest.js');
        return testConnectors(console, options, targets);
      }),
    )
    .addHelpText('after', TEST_HELP);
}

async function make(
  session: Session,
  { code = false, folder: parent }: { readonly code?: boolean; readonly folder: string },
  name = '',
): Promise<boolean> {
  const { createConnectorFolder } = await import('./connectorScaffold.js');
  const files = await createConnectorFolder(parent, name, code ? 'code' : 'manifest');
  const folder = join(parent, name);
  const register = code ? [`add the connector of ./${name}/index.js to CODE_CONNECTORS in connectors/index.ts`] : [];
  const steps = [
    `npm run connector:test -- ${folder}     passes, against the recorded example`,
    `write ${join(folder, 'README.md')}, then change ${join(folder, code ? 'parse.ts' : 'manifest.yaml')}`,
    `npm run connector:test -- --base-url https://… --record ${folder}     tests the real source and records it`,
    ...register,
  ];
  await session.print({ folder, files, next: steps }, [
    ...['Made', ...files.map((file) => `  ${join(folder, file)}`)],
    ...['Next', ...steps.map((step, at) => `  ${at + 1}. ${step}`)],
  ]);
  return true;
}
