import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { onTestFinished } from 'vitest';
import type { Credentials } from '../../simulators/credentials.js';
import { type SimulatorOptions, type Simulators, startSimulators } from '../../simulators/server.js';
import { SYSTEMS } from '../../simulators/systems/index.js';
import { makeFiguresFolder, makeFolder } from './figureFolder.js';

/** Credentials of the check values in the protocol documents. */
export const CREDENTIALS: Credentials = {
  einvoice: { username: 'dti-platform', password: 'example-password' },
  publicServices: { clientId: 'dti-platform', clientSecret: 'example-client-secret' },
  population: { consumerCode: 'DTI-PLATFORM', secretKey: 'example-secret-key' },
  systems: Object.fromEntries(
    SYSTEMS.map(({ key, secrets }) => [
      key,
      Object.fromEntries(secrets.map((name) => [name, `secret-of-${key}-${name}`])),
    ]),
  ),
  controlToken: 'example-control-token',
};

const figuresDir = makeFiguresFolder();

/** Starts simulators for one test; anchor March 2026, no timer. */
export async function startForTest(options: Partial<SimulatorOptions> = {}): Promise<Client> {
  const simulators = await startSimulators({
    port: 0,
    dataDir: makeFolder(),
    figuresDir,
    anchor: { year: 2026, month: 3 },
    tickMs: 0,
    credentials: CREDENTIALS,
    ...options,
  });
  onTestFinished(() => simulators.close());
  return new Client(simulators);
}

/** An answer with its body as text. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** What a page of any database comes down to. */
export interface Page {
  readonly total: number;
  readonly highest: number;
  /** `GSO-2004:01/2021-01` and the counts. */
  readonly rows: readonly {
    readonly key: string;
    readonly sequence: number;
    readonly counts: Record<string, unknown>;
  }[];
  /** What continues the result; null = this was the last page. */
  readonly next: string | null;
}

/** Fields of a SOAP request that a test wants otherwise. */
export interface SoapOverrides {
  readonly username?: string;
  readonly password?: string;
  readonly created?: string;
  readonly nonce?: Buffer;
  readonly action?: string;
  readonly timestamp?: string;
  readonly prologue?: string;
  readonly resultSet?: string;
}

const xml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (name) => name === 'Row',
});

/** A plain reader of the three protocols, written from their documents. */
export class Client {
  readonly simulators: Simulators;
  #token: string | null = null;

  constructor(simulators: Simulators) {
    this.simulators = simulators;
  }

  /** Sends a request to a path. */
  async send(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.simulators.port}${path}`, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Sends a request to the control interface and expects success. */
  async control(method: string, name: string, body?: unknown): Promise<Record<string, unknown>> {
    const answer = await this.send(`/_control/${name}`, {
      method,
      headers: { 'x-control-token': CREDENTIALS.controlToken },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text);
  }

  /** Calls GetAdoptionStatistics. */
  async soap(
    after: number | string,
    page: number | string,
    size: number | string,
    overrides: SoapOverrides = {},
  ): Promise<Answer> {
    const nonce = overrides.nonce ?? randomBytes(16);
    const created = overrides.created ?? new Date().toISOString();
    const secret = overrides.password ?? CREDENTIALS.einvoice.password;
    const digest = createHash('sha1').update(nonce).update(created).update(secret).digest('base64');
    const profile = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0';
    const token = `<w:UsernameToken><w:Username>${overrides.username ?? CREDENTIALS.einvoice.username}</w:Username>
      <w:Password Type="${profile}#PasswordDigest">${digest}</w:Password><w:Nonce>${nonce.toString('base64')}</w:Nonce>
      <u:Created>${created}</u:Created></w:UsernameToken>`;
    const resultSet = overrides.resultSet === undefined ? '' : `<e:ResultSet>${overrides.resultSet}</e:ResultSet>`;
    const body = `${overrides.prologue ?? ''}<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
      xmlns:e="urn:vn:gov:tax:einvoice:statistics:1" xmlns:w="urn:w" xmlns:u="urn:u">
      <s:Header><w:Security>${overrides.timestamp ?? ''}${token}</w:Security></s:Header>
      <s:Body><e:GetAdoptionStatisticsRequest><e:ChangedAfter>${after}</e:ChangedAfter><e:PageNumber>${page}</e:PageNumber>
      <e:PageSize>${size}</e:PageSize>${resultSet}</e:GetAdoptionStatisticsRequest></s:Body></s:Envelope>`;
    const action = overrides.action ?? '"GetAdoptionStatistics"';
    return this.send('/einvoice/soap', {
      method: 'POST',
      headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: action },
      body,
    });
  }

  /** Gets a token of the portal. */
  async token(): Promise<string> {
    const { clientId, clientSecret } = CREDENTIALS.publicServices;
    const answer = await this.send('/public-services/oauth/token', {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    return JSON.parse(answer.text).access_token;
  }

  /** Gets statistics of the portal with a token that is got once. */
  async portal(query: Record<string, string>): Promise<Answer> {
    this.#token ??= await this.token();
    const path = `/public-services/v1/statistics?${new URLSearchParams(query)}`;
    return this.send(path, { headers: { authorization: `Bearer ${this.#token}` } });
  }

  /** Calls a service of the bus; fields of the envelope may be replaced after signing. */
  async bus(service: string, body: Record<string, unknown>, replaced: Record<string, unknown> = {}): Promise<Answer> {
    const sorted = Object.fromEntries(Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1)));
    const envelope = {
      requestId: randomUUID(),
      serviceCode: service,
      consumerCode: CREDENTIALS.population.consumerCode,
      timestamp: new Date().toISOString(),
    };
    const lines = [...Object.values(envelope), JSON.stringify(sorted)].join('\n');
    const signature = createHmac('sha256', CREDENTIALS.population.secretKey).update(lines).digest('hex');
    return this.send('/ndxp/gateway', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...envelope, signature, body, ...replaced }),
    });
  }

  /** Reads one page of a database. */
  async page(database: DatabaseReader, after: number, size: number, next: string | null): Promise<Page> {
    return READERS[database](this, after, size, next);
  }

  /** Reads a result to its end. */
  async readAll(database: DatabaseReader, after = 0, size = 500): Promise<Page[]> {
    const pages: Page[] = [];
    let next: string | null = null;
    do {
      const page: Page = await this.page(database, after, size, next);
      pages.push(page);
      next = page.next;
    } while (next !== null);
    return pages;
  }
}

/** The databases that have pages. */
export type DatabaseReader = 'einvoice' | 'publicServices' | 'population' | 'linkage';
/** All of {@link DatabaseReader}. */
export const READER_NAMES: readonly DatabaseReader[] = ['einvoice', 'publicServices', 'population', 'linkage'];

type Reader = (client: Client, after: number, size: number, next: string | null) => Promise<Page>;

function pagePlace(next: string | null): { readonly page: number; readonly resultSet: string | undefined } {
  const [resultSet, page] = next?.split('/') ?? [];
  return { page: Number(page ?? 1), resultSet };
}

function readBus(service: string): Reader {
  return async (client, after, size, next) => {
    const { page, resultSet } = pagePlace(next);
    const answer = await client.bus(service, {
      updatedAfter: after,
      page,
      size,
      ...(resultSet === undefined ? {} : { resultSet }),
    });
    const { data, code } = JSON.parse(answer.text);
    if (code !== '00') throw new Error(answer.text);
    const rows = data.rows.map((row: Record<string, unknown>) => {
      const { areaCodeSystem, areaCode, period, databaseKey, sequence, ...counts } = row;
      const month = String(period).replace(/^(\d{4})/, '$1-');
      return { key: `${databaseKey ?? ''}${areaCodeSystem}:${areaCode}/${month}`, sequence, counts };
    });
    const following = page < data.pages ? `${data.resultSet}/${page + 1}` : null;
    return { total: data.total, highest: data.highestSequence, rows, next: following };
  };
}

const READERS: Readonly<Record<DatabaseReader, Reader>> = {
  einvoice: async (client, after, size, next) => {
    const { page, resultSet } = pagePlace(next);
    const answer = await client.soap(after, page, size, resultSet === undefined ? {} : { resultSet });
    if (answer.status !== 200) throw new Error(answer.text);
    const data = xml.parse(answer.text).Envelope.Body.GetAdoptionStatisticsResponse;
    const rows = (data.Rows.Row ?? []).map((row: Record<string, unknown>) => {
      const { Province, Month, PublishedAt, '@sequence': sequence, '@status': status, ...counts } = row;
      const place = new Map(Object.entries(Province ?? {}));
      const numbers = Object.entries(counts).map(([name, text]) => [name, Number(text)]);
      return {
        key: `${place.get('@codeSystem')}:${place.get('@code')}/${Month}`,
        sequence: Number(sequence),
        counts: { ...Object.fromEntries(numbers), PublishedAt, status },
      };
    });
    const following = page < Number(data.PageCount) ? `${data.ResultSet}/${page + 1}` : null;
    return { total: Number(data.TotalCount), highest: Number(data.HighestSequence), rows, next: following };
  },
  publicServices: async (client, after, size, next) => {
    const where: Record<string, string> = next === null ? { updatedAfter: String(after) } : { cursor: next };
    const answer = await client.portal({ ...where, limit: String(size) });
    if (answer.status !== 200) throw new Error(answer.text);
    const data = JSON.parse(answer.text);
    const rows = data.items.map((item: Record<string, unknown>) => {
      const body = new Map(Object.entries(item.body ?? {}));
      const key = `${body.get('codeSystem')}:${body.get('code')}/${item.period}`;
      return { key, sequence: item.sequence, counts: item.counts };
    });
    return { total: data.total, highest: data.highestSequence, rows, next: data.nextCursor };
  },
  population: readBus('POPULATION_STATISTICS'),
  linkage: readBus('LINKAGE_REPORT'),
};
