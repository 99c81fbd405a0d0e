import { readdirSync } from 'node:fs';
import type { Command, Option } from 'commander';
import { CONNECTORS_FOLDER } from '../config.js';
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

/**
 * The script for a command line, without what is hidden: commands by their path, the choices of arguments, and for a word that begins with `-` options and
 * their choices; files where a value is free. What stands on a line before the word tells how many arguments there are already.
 */
export function bashCompletion(program: Command): string {
  const places = placesOf(program, '', program.options);
  const under = places.filter(({ path }) => path !== '').map(({ path }) => path);
  const valued = new Map(
    places.flatMap(({ options }) => options.filter(takesValue).map((each) => [each.long, each.argChoices ?? []])),
  );
  const lettered = places.flatMap(({ options }) => options.filter(takesValue).flatMap(({ short }) => short ?? []));
  const name = program.name();
  return `# Completion of ${name}: source <(${name} completion)
_${name}() {
  local place="" given=0 skip="" i word words=""
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  # bash makes three words of --option=value.
  if [[ "$current" == "=" ]]; then current=""
  elif [[ "$before" == "=" ]]; then before="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ "$word" == "=" ]]; then skip=1; continue; fi
    if [[ -n "$skip" ]]; then skip=""; continue; fi
    case "$word" in
      ${[...valued.keys(), ...new Set(lettered)].join('|')}) skip=1; continue ;;
      -*) continue ;;
    esac
    case "$place/$word" in
      ${under.join('|')}) place="$place/$word" ;;
      *) given=$((given + 1)) ;;
    esac
  done
  case "$before" in
${[...valued].map(([option, values]) => `    ${option}) words="${values.join(' ')}" ;;`).join('\n')}
    *)
      if [[ "$current" == -* ]]; then
        case "$place" in
${places.map(({ path, options }) => `          "${path}") words="${longNames(options).join(' ')}" ;;`).join('\n')}
        esac
      else
        case "$place $given" in
${places.flatMap(({ path, words }) => words.map((each, at) => `          "${path} ${at}") words="${each.join(' ')}" ;;`)).join('\n')}
        esac
      fi ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${name} ${name}
`;
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function longNames(options: readonly Option[]): readonly string[] {
  return [...options.flatMap(({ long }) => long ?? []), '--help'];
}

interface Place {
  /** The names of commands that lead here, such as `/source/sync`; empty = the program. */
  readonly path: string;
  readonly options: readonly Option[];
  /** By how many arguments there are already: what may be written next; nothing = files. */
  readonly words: readonly (readonly string[])[];
}

function placesOf(command: Command, path: string, shared: readonly Option[]): readonly Place[] {
  const help = command.createHelp();
  // commander's own `help` says no more than --help.
  const commands = help.visibleCommands(command).filter((each) => each.name() !== 'help');
  const options = [...new Set([...command.options, ...shared])].filter(({ hidden }) => !hidden);
  const words =
    commands.length > 0
      ? [commands.map((each) => each.name())]
      : command.registeredArguments.map((each) => each.argChoices ?? suggestionsFor(path, each.name()));
  return [{ path, options, words }, ...commands.flatMap((each) => placesOf(each, `${path}/${each.name()}`, shared))];
}

/** The keys of the sources that are shipped, since completing asks no platform; those that somebody registered are not among them. */
function suggestionsFor(path: string, argument: string): readonly string[] {
  if (!path.startsWith('/source/') || !argument.startsWith('key')) return [];
  return readdirSync(CONNECTORS_FOLDER, { withFileTypes: true }).flatMap((each) =>
    each.isDirectory() && !each.name.startsWith('.') ? [each.name] : [],
  );
}
