import { Listr, ListrLogger, ProcessOutput } from 'listr2';

/** What a step may show while it works. */
export interface StepDisplay {
  /**
   * Replaces the line below the title where somebody looks on.
   * @param plain the line elsewhere, in a file or a log, where each one stays; absent = none, since who reads afterwards wants no step of a step
   */
  show(text: string, plain?: string): void;
  /** Says beside the title what came out. */
  conclude(text: string): void;
}

/**
 * Where the progress of a step is shown: by the platform on standard output, plain lines where nobody looks on; by a command on standard error, or not at
 * all; or told line by line.
 */
export type StepPlace = 'platform' | 'command' | 'nowhere' | ((line: string) => void);

/**
 * Runs one step with a display of its progress: a spinner on a terminal.
 * @returns what the work returns
 * @throws what the work throws
 */
export async function step<T>(
  title: string,
  work: (display: StepDisplay) => Promise<T>,
  place: StepPlace = 'platform',
): Promise<T> {
  if (place === 'nowhere') return work({ show: () => undefined, conclude: () => undefined });
  if (typeof place === 'function') {
    place(title);
    const say = (text: string | undefined) => (text === undefined ? undefined : place(`${title}: ${text}`));
    return work({ show: (_, plain) => say(plain), conclude: say });
  }
  const isWatched = place === 'command' || process.stdout.isTTY;
  const results: T[] = [];
  const task = {
    title,
    task: async (_context: unknown, shown: { title: string; output: string }) => {
      const show = (text: string, plain?: string) => {
        const line = isWatched ? text : plain;
        if (line !== undefined) shown.output = line;
      };
      const conclude = (text: string) => {
        shown.title = `${title}: ${text}`;
      };
      results.push(await work({ show, conclude }));
    },
  };
  if (place === 'platform') await new Listr([task], { fallbackRenderer: 'simple' }).run();
  else {
    const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
    await new Listr([task], { rendererOptions: { logger } }).run();
  }
  return results[0] as T;
}

const BAR_CELLS = 24;

/**
 * Draws a share as a bar: `██████████████░░░░░░░░░░  58 %`.
 * @param share 0 to 1; values beyond are clamped
 */
export function bar(share: number): string {
  const clamped = Math.min(1, Math.max(0, share));
  const full = Math.round(clamped * BAR_CELLS);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)} ${String(Math.round(clamped * 100)).padStart(3)} %`;
}
