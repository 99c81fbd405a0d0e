import { fstatSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Config } from './config.js';
import type { StepPlace } from './progress.js';
import { openLog, toText } from './server/log.js';

/** What the process says, and how: the log on standard error, what is for people on standard output. */
export interface Output {
  /** Writes a line of the log, which comes as JSON. */
  readonly writeLine: (line: string) => void;
  /** Tells people a line. */
  readonly tell: (line: string) => void;
  /** Where the steps of the start are shown. */
  readonly steps: StepPlace;
}

/**
 * Opens it.
 * @param format `json`: every line is one of the log, so that whatever collects them reads them all; `text`: every line is for people; null: the log is text where
 *   somebody looks on, or where it goes to the same file or pipe as what is for people, else JSON
 */
export function openOutput(format: Config['logFormat']): Output {
  const isText = format === 'text' || (format === null && (process.stderr.isTTY || isOneStream()));
  const writeLine = (line: string): void => void process.stderr.write(isText ? toText(line) : line);
  if (format !== 'json')
    return { writeLine, tell: (line) => void process.stdout.write(`${line}\n`), steps: 'platform' };
  // Whatever is left out of the log: who started the platform waits for these lines.
  const log = openLog('start', 'info', writeLine);
  const tell = (line: string): void => {
    const text = stripVTControlCharacters(line).trim();
    if (text !== '') log.info(text);
  };
  return { writeLine, tell, steps: tell };
}

/** Whether standard output and standard error are the same file, pipe or socket. */
function isOneStream(): boolean {
  try {
    const [out, error] = [fstatSync(1), fstatSync(2)];
    return out.dev === error.dev && out.ino === error.ino;
  } catch {
    // One of them is closed.
    return false;
  }
}
