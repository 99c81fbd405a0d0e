import { type Command, Option } from 'commander';
import { MAX_LOCAL_SECONDS } from '../access/localToken.js';
import { ROLES } from '../access/viewer.js';
import { DEFAULT_SECONDS, makeToken, type TokenArguments } from './makeToken.js';
import type { Desk } from './work.js';

/** Registers the command that makes tokens. */
export function addTokenCommand(program: Command, { act }: Desk): void {
  program
    .command('token')
    .description('makes a token with the key of local tokens; needs no running platform')
    .addOption(new Option('--role <role>', 'what it allows').choices([...ROLES]).makeOptionMandatory())
    .option('--entity <code>', 'the entity of an officer: GSO-2025:79')
    .option('--expires <seconds>', `how long it is good, at most ${MAX_LOCAL_SECONDS}`, String(DEFAULT_SECONDS))
    .option('--subject <name>', 'who has it; absent = its role')
    .action(
      act(async (session, options: TokenArguments) => {
        const token = await makeToken(session.config, options, (line) => session.console.tell(line));
        await session.print({ token }, [token]);
        return true;
      }),
    );
}
