import { isJsonObject, type JsonObject } from '../json.js';

/** Protocols whose defaults a manifest can start from. */
export const PRESETS = ['odata', 'ckan', 'xroad', 'ndxp', 'soap11', 'soap12', 'pxweb', 'sdmx-csv'] as const;
/** See {@link PRESETS}. */
export type Preset = (typeof PRESETS)[number];

/** Defaults of the source and of each of its streams. */
interface Defaults {
  readonly source: JsonObject;
  readonly stream: JsonObject;
}

const SOAP_FAULT = 'has(body.Envelope.Body.Fault)';

function soapDefaults(serverFault: string, message: string): Defaults {
  return {
    source: {
      errors: [
        // Whoever is to blame, a fault comes with 500, or hides in a 200.
        { body: serverFault, action: 'retry', message },
        { body: SOAP_FAULT, action: 'fail', message },
      ],
    },
    stream: { request: { method: 'POST' }, format: { type: 'xml' } },
  };
}

const DEFAULTS: Readonly<Record<Preset, Defaults>> = {
  odata: {
    source: { http: { headers: { accept: 'application/json', 'odata-version': '4.0', 'odata-maxversion': '4.0' } } },
    stream: {
      request: { query: { $count: 'true' } },
      pagination: { type: 'nextUrl', next: '["@odata.nextLink"]', total: '["@odata.count"]' },
      format: { type: 'json', records: 'value' },
    },
  },
  ckan: {
    source: {
      http: { headers: { accept: 'application/json' } },
      errors: [
        // Errors say success: false also when they pass.
        { status: ['5xx', 408, 429], action: 'retry', message: 'error.message' },
        { body: 'body.success == false', action: 'fail', message: 'error.message' },
      ],
    },
    stream: {
      // Without an order, CKAN may give a row on two pages and another one on none.
      request: {
        path: '/api/3/action/datastore_search',
        query: { limit: '{{ pageSize }}', offset: '{{ offset }}', sort: '_id' },
      },
      // Installations cap the page (32,000 by default, often less), so that the rows that came count.
      pagination: {
        type: 'offset',
        size: 1000,
        advanceBy: 'rows',
        stop: { rule: 'totalReached' },
        total: 'result.total',
      },
      format: { type: 'json', records: 'result.records' },
    },
  },
  xroad: {
    source: {
      http: { headers: { accept: 'application/json', 'x-road-id': '{{ requestId }}' } },
      errors: [
        // The security server's own errors carry this header; Server.* is about the network between them.
        { header: { name: 'x-road-error', contains: 'server.' }, action: 'retry', message: 'message' },
        { header: { name: 'x-road-error' }, action: 'fail', as: 'config', message: 'message' },
      ],
    },
    stream: { format: { type: 'json' } },
  },
  ndxp: {
    source: {
      http: { headers: { 'content-type': 'application/json', accept: 'application/json' } },
      // The bus answers 200 to everything; the code is inside.
      errors: [
        { body: 'body.code == "02" || body.code == "20" || body.code == "99"', action: 'retry', message: 'message' },
        { body: 'body.code == "03"', action: 'refreshAuthentication', message: 'message' },
        { body: 'body.code == "01"', action: 'fail', as: 'auth', message: 'message' },
        { body: 'body.code == "12"', action: 'fail', as: 'transient', message: 'message' },
        { body: 'has(body.code) && body.code != "00"', action: 'fail', message: 'message' },
      ],
    },
    stream: {
      request: { method: 'POST', path: '/gateway' },
      pagination: {
        type: 'page',
        size: 500,
        stop: { rule: 'lastPage', path: 'data.pages' },
        total: 'data.total',
        carry: { resultSet: 'data.resultSet' },
      },
      format: { type: 'json', records: 'data.rows' },
      verify: ['body.data.page == page', 'carry.resultSet == null || body.data.resultSet == carry.resultSet'],
    },
  },
  soap11: soapDefaults(
    `${SOAP_FAULT} && body.Envelope.Body.Fault.faultcode.endsWith("Server")`,
    'Envelope.Body.Fault.faultstring',
  ),
  soap12: soapDefaults(
    `${SOAP_FAULT} && body.Envelope.Body.Fault.Code.Value.endsWith("Receiver")`,
    'Envelope.Body.Fault.Reason.Text["#text"]',
  ),
  pxweb: {
    source: {
      http: { headers: { 'content-type': 'application/json' } },
      // Over the limit on cells PxWeb answers 403; the pause it asks for is short.
      errors: [{ status: [403], action: 'split' }],
    },
    stream: { request: { method: 'POST' }, format: { type: 'json-stat' } },
  },
  'sdmx-csv': {
    source: { http: { headers: { accept: 'application/vnd.sdmx.data+csv;version=1.0.0, text/csv;q=0.5' } } },
    // SDMX registries say "no results" with 404.
    stream: { errors: [{ status: [404], action: 'empty' }], format: { type: 'sdmx-csv' } },
  },
};

/** Members of which one excludes the other: a preset gives way as a whole when the manifest chooses another kind. */
const KINDS = ['type', 'rule'];

/**
 * Puts the defaults of a manifest's preset under what it says itself. Lists (`errors`) of the manifest come first, then those of the preset.
 * @param data a manifest that was not checked yet
 */
export function expandPreset(data: unknown): unknown {
  if (!isJsonObject(data)) return data;
  const preset = PRESETS.find((name) => name === data.preset);
  if (preset === undefined) return data;
  const { source, stream } = DEFAULTS[preset];
  const streams = Array.isArray(data.streams) ? data.streams.map((each) => merge(stream, each)) : data.streams;
  const merged = merge(source, data);
  return isJsonObject(merged) && streams !== undefined ? { ...merged, streams } : merged;
}

function merge(defaults: unknown, given: unknown): unknown {
  if (given === undefined) return defaults;
  if (Array.isArray(defaults) && Array.isArray(given)) return [...given, ...defaults];
  if (!isJsonObject(defaults) || !isJsonObject(given)) return given;
  if (KINDS.some((kind) => given[kind] !== undefined && defaults[kind] !== undefined && given[kind] !== defaults[kind]))
    return given;
  const merged: Record<string, unknown> = { ...given };
  for (const [key, value] of Object.entries(defaults)) merged[key] = merge(value, given[key]);
  return merged;
}
