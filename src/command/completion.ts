import type { Command, Option } from 'commander';
import type { Desk } from './work.js';

const HELP = `
  alias dti='npx dti'                      # in the folder of the project, unless dti is installed
  source <(npx dti completion)             # bash; in zsh after: autoload -U compinit bashcompinit; compinit; bashcompinit`;

/** Registers what lets a shell complete commands and options. It is asked once: completing starts no process. */
export function addCompletionCommand(program: Command, { act }: Desk): void {
  program
    .command('completion')
    .description('a script with which bash and zsh complete commands and options of dti')
    .action(
      act(async ({ console }) => {
        await console.write(bashCompletion(program));
        return true;
      }),
    )
    .addHelpText('after', HELP);
}

/** The script for a command line, without what is hidden: commands by their path, options of each, choices of options; files where a value is free. */
export function bashCompletion(program: Command): string {
  const places = placesOf(program, '', program.options);
  const under = places.filter(({ path }) => path !== '').map(({ path }) => path);
  const valued = new Map(
    places.flatMap(({ options }) => options.filter(takesValue).map((each) => [each.long, each.argChoices ?? []])),
  );
  const name = program.name();
  return `# Completion of ${name}: source <(${name} completion)
_${name}() {
  local place="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$place/$word" in
      ${under.join('|')}) place="$place/$word" ;;
    esac
  done
  local words=""
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${[...valued].map(([option, values]) => `    ${option}) words="${values.join(' ')}" ;;`).join('\n')}
    *)
      case "$place" in
${places.map(({ path, words }) => `        "${path}") words="${words.join(' ')}" ;;`).join('\n')}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name} ${name}
`;
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

interface Place {
  /** The names of commands that lead here, such as `/source/sync`; empty = the program. */
  readonly path: string;
  readonly options: readonly Option[];
  /** What may be written next. */
  readonly words: readonly string[];
}

function placesOf(command: Command, path: string, shared: readonly Option[]): readonly Place[] {
  const help = command.createHelp();
  // commander's own `help` says no more than --help.
  const commands = help.visibleCommands(command).filter((each) => each.name() !== 'help');
  const options = [...new Set([...command.options, ...shared])].filter(({ hidden }) => !hidden);
  const words = [...commands.map((each) => each.name()), ...options.flatMap(({ long }) => long ?? []), '--help'];
  return [{ path, options, words }, ...commands.flatMap((each) => placesOf(each, `${path}/${each.name()}`, shared))];
}
