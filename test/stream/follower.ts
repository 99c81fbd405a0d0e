import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** What a follower watches: a measure of the round, by a document of its choice. */
export interface Watch {
  readonly round: string;
  readonly measure: string;
  /** Rows of an update, after `entity { code } value previousValue`. */
  readonly extra: string;
}

interface Update {
  readonly revision: string;
  readonly previousRevision: string | null;
  readonly complete: boolean;
  readonly rows: readonly {
    readonly entity: { readonly code: string };
    readonly value: number | null;
    readonly previousValue: number | null;
  }[];
}

const RECONNECT_MS = 200;

/**
 * A dashboard: it keeps the ranking as the updates tell it, connects again whenever it is cut off, to any of the gateways and with `since`, and writes
 * down whatever a client could complain about.
 */
export class Follower {
  /** By code of the entity. */
  readonly values = new Map<string, number | null>();
  readonly complaints: string[] = [];
  revision = '';
  updates = 0;
  /** Connections that went on where the one before had ended. */
  resumed = 0;
  /** States that came whole though it had asked for what changed. */
  restarted = 0;
  #socket: WebSocket | null = null;
  #isClosed = false;
  readonly #loop: Promise<void>;

  /** @param gateway where to connect next, `http://127.0.0.1:4000` */
  constructor(
    readonly watch: Watch,
    readonly gateway: () => string,
  ) {
    this.#loop = this.#follow();
  }

  /** Cuts the connection, as a network does. */
  cut(): void {
    this.#socket?.terminate();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#socket?.terminate();
    await this.#loop;
  }

  async #follow(): Promise<void> {
    while (!this.#isClosed) {
      await this.#connect();
      if (!this.#isClosed) await sleep(Math.random() * RECONNECT_MS);
    }
  }

  /** One connection, until it ends. */
  #connect(): Promise<void> {
    const { round, measure, extra } = this.watch;
    const since = this.revision === '' ? null : this.revision;
    const query = `subscription ($round: String!, $measure: String, $since: String) {
      rankingUpdates(round: $round, measure: $measure, since: $since) {
        revision previousRevision complete rows { entity { code } value previousValue ${extra} } } }`;
    const socket = new WebSocket(`${this.gateway().replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
    this.#socket = socket;
    const send = (message: unknown) => socket.send(JSON.stringify(message));
    let isFirst = true;
    socket.on('open', () => send({ type: 'connection_init' }));
    socket.on('message', (data) => {
      const { type, payload } = JSON.parse(String(data)) as { type: string; payload: never };
      if (type === 'connection_ack') {
        send({ id: '1', type: 'subscribe', payload: { query, variables: { round, measure, since } } });
      } else if (type === 'next') {
        const { data: answer, errors } = payload as { data: { rankingUpdates: Update } | null; errors?: unknown };
        if (errors !== undefined || answer === null) this.#complain(`an event with errors: ${JSON.stringify(errors)}`);
        else this.#take(answer.rankingUpdates, isFirst && since !== null);
        isFirst = false;
      } else if (type !== 'ping' && type !== 'pong') this.#complain(`${type} ${JSON.stringify(payload)}`);
    });
    socket.on('error', () => undefined);
    return new Promise((resolve) => socket.once('close', () => resolve()));
  }

  #take({ revision, previousRevision, complete, rows }: Update, isResumed: boolean): void {
    if (this.revision !== '' && BigInt(revision) <= BigInt(this.revision)) {
      this.#complain(`revision ${revision} after ${this.revision}`);
    }
    if (complete) {
      if (isResumed) this.restarted += 1;
      this.values.clear();
    } else {
      if (isResumed) this.resumed += 1;
      if (previousRevision !== this.revision) {
        this.#complain(`revision ${revision} applies to ${previousRevision}, which is not ${this.revision}`);
      }
      for (const { entity, previousValue } of rows) {
        const known = this.values.get(entity.code) ?? null;
        if (known !== previousValue) this.#complain(`${entity.code} was ${known}, not ${previousValue}`);
      }
    }
    for (const { entity, value } of rows) this.values.set(entity.code, value);
    this.revision = revision;
    this.updates += 1;
  }

  #complain(what: string): void {
    if (this.complaints.length < 5) this.complaints.push(`${this.watch.measure}: ${what}`);
  }
}
