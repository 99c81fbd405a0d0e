/** Exit codes: it was done and is good, it failed or its result is bad, the command line was wrong. */
export const EXIT = { OK: 0, FAILURE: 1, USAGE: 2 } as const;

/** What was written on the command line makes no sense. The message begins with a small letter and has no stop. */
export class UsageError extends Error {}

/** What the platform refused, or that it does not answer. */
export class AnswerError extends Error {
  /** A code of the platform, or UNREACHABLE. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'AnswerError';
    this.code = code;
  }
}
