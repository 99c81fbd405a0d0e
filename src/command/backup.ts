import type { Command } from 'commander';
import type { Session } from './session.js';
import type { Desk } from './work.js';

const BACKUP_HELP = `
Needs no running platform, and may be made while one runs: all of it is of one moment. The database is that of DATABASE_URL, else of
DATA_DIR. The file is a tar archive; it holds everything that is stored, also what is not public, so keep it as you keep the database.
Secrets stay sealed in it. The keys are NOT in it: keep SECRETS_KEY_FILE and JWT_KEY_FILE apart.`;

const RESTORE_HELP = `
The database is that of DATABASE_URL, else of DATA_DIR, and must be empty: it is filled as a whole or not at all. Then the results are
computed again from the restored observations, and their hashes must be those of the backup. Start the platform afterwards with the
SECRETS_KEY_FILE of the old one, else the secrets of sources must be set again; the command says of which.`;

/** Registers backup, restore and verify; their code is loaded when it is needed. */
export function addBackupCommands(program: Command, { act }: Desk): void {
  program
    .command('backup')
    .description('writes all that the platform has stored to a file, as of one moment')
    .requiredOption(
      '--out <file>',
      'the file; as by pg_dump an older one of this name is replaced, when the new one is whole',
    )
    .action(
      act(async (session, { out }: { out: string }) => {
        const { backUp } = await import('./keepBackup.js');
        return backUp(session, out);
      }),
    )
    .addHelpText('after', BACKUP_HELP);
  program
    .command('restore <file>')
    .description('fills an empty database from a backup, and proves the results')
    .action(
      act(async (session: Session, _: object, file = '') => {
        const { restore } = await import('./keepBackup.js');
        return restore(session, file);
      }),
    )
    .addHelpText('after', RESTORE_HELP);
  program
    .command('verify')
    .description('proves results: stored, and computed again, they must have the hashes that they state')
    .option('--all', 'every snapshot, also provisional ones that others have followed')
    .action(
      act(async (session, { all = false }: { all?: boolean }) => {
        const { verify } = await import('./keepBackup.js');
        return verify(session, all);
      }),
    )
    .addHelpText(
      'after',
      '\nReads the database of DATABASE_URL, else of DATA_DIR; needs no running platform, and changes nothing.',
    );
}
