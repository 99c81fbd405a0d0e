import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

/** A name for what this process is about to own: unlike all others, and others on the same machine can tell when its process has gone. */
export function nameOwner(): string {
  return `${machine()} ${process.pid} ${randomUUID()}`;
}

/**
 * Where process numbers mean something: one boot of one kernel, one pid namespace. Without it a platform that was killed would have to wait for its own
 * lease at its next start.
 */
function machine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return 'unknown';
  }
}

/** True when it is certain that the process of an owner is no more; a number that another process has by now is not. */
export function isGone(owner: string): boolean {
  const [place, pid] = owner.split(' ');
  if (place === 'unknown' || place !== machine()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
