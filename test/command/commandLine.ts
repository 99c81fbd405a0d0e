import { Readable } from 'node:stream';
import { runCommandLine } from '../../src/command/program.js';

/** What a command line did. */
export interface Done {
  readonly code: number;
  /** Standard output. */
  readonly output: string;
  /** Standard error. */
  readonly errors: string;
}

/** Around a command line. */
export interface Around {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Told whatever is written to standard output, as it is written. */
  readonly onOutput?: (text: string) => void;
}

/** Does a command line in this process, without the environment of the tests. */
export async function command(args: readonly string[], around: Around = {}): Promise<Done> {
  let output = '';
  let errors = '';
  const code = await runCommandLine(args, {
    environment: around.environment ?? {},
    input: Readable.from([around.input ?? '']),
    isWatched: false,
    signal: around.signal ?? new AbortController().signal,
    async write(text) {
      output += text;
      around.onOutput?.(text);
    },
    tell: (line) => {
      errors += `${line}\n`;
    },
  });
  return { code, output, errors };
}
