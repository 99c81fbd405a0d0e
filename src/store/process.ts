import { readFile } from 'node:fs/promises';

/** What the system knows of a process. */
export interface ProcessState {
  /** When it started, in ticks since the system did: with the number of the process it names one process only. */
  readonly start: string;
  /** True when it has ended and nobody has collected it yet, as happens where the platform is process 1. */
  readonly hasEnded: boolean;
}

/**
 * Looks at a process.
 * @returns null = there is no such process
 * @throws what the system says when it does not tell, such as EMFILE; that says nothing about the process
 */
export async function readProcess(pid: number): Promise<ProcessState | null> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // ESRCH: it ended between opening and reading.
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return null;
    throw error;
  });
  if (status === null) return null;
  // The name in parentheses may hold spaces; the state is the first field after it, the start time the twentieth.
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  return { start: fields[19] ?? '', hasEnded: fields[0] === 'Z' || fields[0] === 'X' };
}
