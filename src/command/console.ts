/** The terminal that a command is given on, as values, so that tests can be one. */
export interface Console {
  /** Holds the settings of the platform, `DTI_URL`, `DTI_TOKEN` and `DTI_SECRET_<NAME>`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: NodeJS.ReadableStream;
  /** Somebody looks at standard error, so that progress is worth drawing. */
  readonly isWatched: boolean;
  /** Aborts when whoever looks on has had enough (SIGINT, SIGTERM). */
  readonly signal: AbortSignal;
  /**
   * Writes to standard output, which is for results alone.
   * @returns when there is room for more
   */
  write(text: string): Promise<void>;
  /** Writes a line to standard error. */
  tell(line: string): void;
}
