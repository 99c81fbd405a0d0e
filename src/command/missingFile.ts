import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { AnswerError } from './failure.js';

/** What is written under another name until it is whole: the person knows the other one. */
const PARTIAL = /\.\d+\.partial$/;

/**
 * Says in words what the system says of a file or folder that was named: "ENOENT: no such file or directory, open …" becomes NOT_FOUND, and which part of the
 * path is not there. Anything else comes back as it is.
 */
export function explainFile(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'EISDIR') return new AnswerError('BAD_USER_INPUT', `${nameOf(error)} is a folder; name a file.`);
  if (error.code === 'ENOTDIR') return new AnswerError('BAD_USER_INPUT', `${nameOf(error)} leads through a file.`);
  if (error.code !== 'ENOENT' || !('path' in error)) return error;
  const name = nameOf(error);
  const folder = dirname(name);
  const message = existsSync(folder)
    ? `There is no file ${name}.`
    : `There is no folder ${folder}, where ${name} would be.`;
  return new AnswerError('NOT_FOUND', message);
}

function nameOf(error: Error): string {
  return 'path' in error && typeof error.path === 'string' ? error.path.replace(PARTIAL, '') : 'What was named';
}
