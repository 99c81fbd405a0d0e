import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Session } from './session.js';
import type { Desk } from './work.js';

/** Registers what prints the contracts of the platform: of its graph, and of manifests. */
export function addSchemaCommands(program: Command, { act }: Desk): void {
  program
    .command('schema')
    .description('the GraphQL schema')
    .option('--out <file>', 'writes it to a file')
    .action(
      act(async (session, { out }: { out?: string }) => {
        const { printGraphSchema } = await import('../graph/schema.js');
        return put(session, printGraphSchema(), out);
      }),
    );
  program
    .command('reference')
    .description('the reference of the graph as Markdown, a file a root and kind of type')
    .requiredOption('--out <folder>', 'where the pages are written')
    .action(
      act(async (_session, { out }: { out: string }) => {
        const { writeReference } = await import('./reference.js');
        await writeReference(out);
        return true;
      }),
    );
  const manifest = program.command('manifest').description('manifests, the language that sources are described in');
  const printManifestSchema = act(async (session, { out }: { out?: string }) => {
    const { manifestJsonSchema } = await import('../source/manifest/jsonSchema.js');
    return put(session, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`, out);
  });
  const what = 'the JSON Schema of manifests, for editors';
  manifest
    .command('schema')
    .description(what)
    .option('--out <file>', 'writes it to a file')
    .action(printManifestSchema);
  // Its name in earlier versions.
  program
    .command('manifest-schema', { hidden: true })
    .description(what)
    .option('--out <file>', 'writes it to a file')
    .action(printManifestSchema);
}

async function put(session: Session, text: string, out: string | undefined): Promise<boolean> {
  if (out === undefined) await session.console.write(text);
  else await writeFile(out, text);
  return true;
}
