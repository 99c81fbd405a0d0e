import { PlatformError } from '../src/domain/errors.js';
import { monthPeriod } from './baseline.js';
import { jsonAnswer, type WireAnswer } from './exchange.js';
import type { Faults } from './faults.js';
import type { Simulation } from './simulation.js';
import type { CountChange } from './state.js';

/** What the control interface works on. */
export interface ControlTargets {
  readonly simulation: Simulation;
  readonly faults: Faults;
  /** Requests that arrived, per database. */
  readonly requests: Readonly<Record<string, number>>;
  /** Makes the portal's tokens expire. */
  expireTokens(): void;
}

type Fields = ReadonlyMap<string, unknown>;

function fieldsOf(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return new Map(Object.entries(value));
  throw new PlatformError('BAD_USER_INPUT', 'Send a JSON object.');
}

function parseBody(body: string): Fields {
  try {
    return fieldsOf(body === '' ? {} : JSON.parse(body));
  } catch {
    throw new PlatformError('BAD_USER_INPUT', 'Send a JSON object.');
  }
}

/** Keys of sources beside the names that databases had first. */
const ALIASES: Readonly<Record<string, string>> = { public_services: 'publicServices' };

function readDatabase({ requests }: ControlTargets, name: unknown): string {
  const names = Object.keys(requests);
  const wanted = ALIASES[String(name)] ?? name;
  const database = names.find((each) => each === wanted);
  if (database !== undefined) return database;
  throw new PlatformError('BAD_USER_INPUT', `There is no database "${name}"; there are ${names.join(', ')}.`);
}

/** The entity is `GSO-2004:74`, or `74` beside a `codeSystem`. */
function readChange(database: string, fields: Fields): Omit<CountChange, 'sequence'> {
  const text = (name: string): string => {
    const value = fields.get(name);
    if (typeof value === 'string') return value;
    throw new PlatformError('BAD_USER_INPUT', `"${name}" must be a text.`);
  };
  const entity = text('entity');
  const [codeSystem, code] = entity.includes(':') ? entity.split(':', 2) : [text('codeSystem'), entity];
  const value = Number(fields.get('value') ?? Number.NaN);
  return {
    database,
    codeSystem: codeSystem ?? '',
    code: code ?? '',
    period: text('period'),
    field: text('field'),
    value,
  };
}

function showState({ simulation, faults, requests }: ControlTargets): object {
  const { seed, anchor, tick, epoch, changes } = simulation.state;
  const shown = Object.keys(requests).map((name) => [
    name,
    { ...faults.of(name), times: Object.fromEntries(faults.of(name).times) },
  ]);
  return {
    seed,
    anchor: monthPeriod(anchor),
    tick,
    epoch,
    sequence: simulation.sequence,
    changes: changes.length,
    requests,
    faults: Object.fromEntries(shown),
  };
}

function setFaults(targets: ControlTargets, body: Fields): void {
  const { simulation, faults, expireTokens } = targets;
  for (const [name, wanted] of body) {
    const database = readDatabase(targets, name);
    const fields = fieldsOf(wanted);
    faults.set(database, wanted);
    if (fields.has('poisonRows')) simulation.poison(database, faults.of(database).poisonRows);
    if (fields.get('expireTokens') === true) expireTokens();
    if (fields.has('lateCorrection')) simulation.change(readChange(database, fieldsOf(fields.get('lateCorrection'))));
  }
}

function advance(simulation: Simulation, count: unknown): void {
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1 || count > 1_000_000)
    throw new PlatformError('BAD_USER_INPUT', 'count must be 1 to 1000000.');
  simulation.advance(count);
}

function perform(targets: ControlTargets, operation: string, body: string): object | null {
  const { simulation, faults } = targets;
  switch (operation) {
    case 'GET state':
      return showState(targets);
    case 'POST tick':
      advance(simulation, parseBody(body).get('count') ?? 1);
      return showState(targets);
    case 'POST faults':
      setFaults(targets, parseBody(body));
      return showState(targets);
    case 'DELETE faults':
      faults.reset();
      for (const database of Object.keys(targets.requests)) simulation.poison(database, 0);
      return showState(targets);
    case 'POST override': {
      const fields = parseBody(body);
      return simulation.change(readChange(readDatabase(targets, fields.get('database')), fields));
    }
    default:
      return null;
  }
}

/**
 * Performs one request to the control interface, described in simulators/README.md.
 * @param operation method and last part of the path: `POST tick`
 */
export function control(targets: ControlTargets, operation: string, body: string): WireAnswer {
  try {
    const result = perform(targets, operation, body);
    return result === null ? jsonAnswer(404, { error: `There is no "${operation}".` }) : jsonAnswer(200, result);
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return jsonAnswer(error.code === 'NOT_FOUND' ? 404 : 400, { error: error.message, code: error.code });
  }
}
