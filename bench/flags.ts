/** The flags of Node in a command such as `exec node --flag dist/src/main.js`. */
export function flagsOf(command: string): string[] {
  return command.split(/\s+/).filter((word) => word.startsWith('--'));
}
