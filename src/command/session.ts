import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Option } from 'commander';
import { ROLES, type Role } from '../access/viewer.js';
import { type Config, readConfig } from '../config.js';
import { describeError } from '../domain/errors.js';
import type { Console } from './console.js';
import { UsageError } from './failure.js';
import { explainFile } from './missingFile.js';

/** What every command takes. */
export interface SharedOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly as?: Role;
  readonly lang?: 'vi' | 'en';
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** The options of {@link SharedOptions}, as the command line has them. A token is never an argument, which others on the machine can read. */
export const SHARED_OPTIONS: readonly Option[] = [
  new Option('--url <url>', 'address of the platform; else DTI_URL, else that of PORT and HOST'),
  new Option('--token-file <file>', 'file with a token or API key, - = standard input; else DTI_TOKEN'),
  new Option('--as <role>', 'without a token: make one of this role with the key in DATA_DIR').choices(
    ROLES.filter((role) => role !== 'public' && role !== 'officer'),
  ),
  new Option('--lang <language>', 'language of names').choices(['vi', 'en']).default('en'),
  new Option('--json', 'one JSON document on standard output; where results come one by one, a line each'),
  new Option('--quiet', 'no progress'),
  new Option('--verbose', 'also cost and times, on standard error'),
];

/** What one command works with. */
export class Session {
  readonly console: Console;
  readonly options: SharedOptions;
  /** The role that a token is made for when none is given; null = then one is the public. */
  readonly #role: Role | null;
  #config: Config | null = null;
  /** Standard input can be read once; a file is read each time, since whoever renews tokens writes it anew. */
  #input: Promise<string> | null = null;

  constructor(console: Console, options: SharedOptions, role: Role | null = null) {
    this.console = console;
    this.options = options;
    this.#role = options.as ?? role;
  }

  /** The settings of the environment. @throws PlatformError CONFIG_INVALID */
  get config(): Config {
    this.#config ??= readConfig(this.console.environment);
    return this.#config;
  }

  /** Address of the platform, without a slash at the end. */
  get url(): string {
    const given = this.options.url ?? this.console.environment.DTI_URL ?? '';
    if (given === '') return urlOf(this.config);
    if (!/^https?:$/.test(URL.parse(given)?.protocol ?? '')) throw new UsageError(`"${given}" is not an http address`);
    return given.replace(/\/$/, '');
  }

  /** Language of names, as the graph writes it. */
  get lang(): 'VI' | 'EN' {
    return this.options.lang === 'vi' ? 'VI' : 'EN';
  }

  /** Whether progress is shown. */
  get showsProgress(): boolean {
    return this.console.isWatched && this.options.quiet !== true && this.options.json !== true;
  }

  /** What the request is signed with; null = nothing, as the public. */
  async token(): Promise<string | null> {
    const { tokenFile } = this.options;
    const given =
      tokenFile === undefined
        ? this.console.environment.DTI_TOKEN
        : await (tokenFile === '-' ? this.#readInput() : readTokenFile(tokenFile));
    if (given !== undefined && given.trim() !== '') return given.trim();
    if (tokenFile !== undefined) throw new UsageError(`there is no token in ${tokenFile}`);
    if (this.#role === null || this.#role === 'public') return null;
    const { makeToken } = await import('./makeToken.js');
    return makeToken(this.config, { role: this.#role, subject: 'command-line' }, (line) => this.console.tell(line));
  }

  #readInput(): Promise<string> {
    this.#input ??= text(this.console.input);
    return this.#input;
  }

  /**
   * Says what came out: the data with `--json`, else the lines.
   * @param lines for people; without line feeds at their ends
   */
  async print(data: unknown, lines: readonly string[]): Promise<void> {
    const text = this.options.json === true ? [JSON.stringify(data)] : lines;
    await this.console.write(text.map((line) => `${line}\n`).join(''));
  }
}

/** @throws UsageError when there is no such file, or none that may be read */
async function readTokenFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--token-file: ${describeError(explainFile(error))}`);
  }
}

/** Where the platform of this environment listens. */
function urlOf({ host, port }: Config): string {
  // A wildcard is where the server listens, not where a client can go.
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
