import { readFile } from 'node:fs/promises';

/** Below this a gateway is warned: each connection takes one, and a dashboard crowd is thousands. */
const ENOUGH = 10_000;

/** Says what to do when this process may open few files; null = it may open enough, or nobody knows. */
export async function warnOfFewFiles(): Promise<string | null> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  // Node has raised the soft limit to the hard one by now.
  const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  if (limit >= ENOUGH) return null;
  return `this process may open ${limit} files, and each connection takes one; for more of them raise the limit (ulimit -n 65536, LimitNOFILE= of systemd)`;
}
