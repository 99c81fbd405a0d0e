import { describeError } from '../../domain/errors.js';
import { isJsonObject, type JsonObject } from '../json.js';
import type { FoundProblem, ManifestPath, ManifestProblemCode } from './problem.js';
import { compileTemplate } from './template.js';

const TIME_FORMS = ['', '.seconds', '.milliseconds', '.date', '.http'];
/** What every template may use, beside the secrets. */
const ALWAYS = ['requestId', 'nonce', ...TIME_FORMS.flatMap((form) => [`now${form}`, `timestamp${form}`])];
const SIGNED = ['method', 'path', 'query', 'requestBody', 'requestBody-sha256'];
const PARTITION_FORMS = ['', '.from', '.to', '.year', '.quarter', '.month', '.day'];
/** Members of each kind of authentication that name a secret. */
const SECRET_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  apiKey: ['key'],
  basic: ['username', 'password'],
  bearer: ['token'],
  oauth2ClientCredentials: ['clientId', 'clientSecret'],
  hmac: ['key'],
  wsSecurityUsernameToken: ['username', 'password'],
};
/** The placeholder without which every page would be the first one. */
const POSITION: Readonly<Record<string, string>> = { page: 'page', offset: 'offset', cursor: 'next' };

type Report = (path: ManifestPath, code: ManifestProblemCode, message: string) => void;

/**
 * Finds what no part of a manifest shows alone: placeholders and secrets that do not exist, positions that are never sent, rules that cannot hold.
 * @param data with its preset expanded; any shape, since the schema reports shapes
 */
export function checkManifest(data: unknown): FoundProblem[] {
  const found: FoundProblem[] = [];
  const report: Report = (path, code, message) => {
    found.push({ path, code, message });
  };
  const manifest = member(data);
  const secrets = Array.isArray(manifest.secrets) ? manifest.secrets.filter((name) => typeof name === 'string') : [];
  const authentication = member(manifest.authentication);
  const always = [...ALWAYS, ...secrets.map((name) => `secret.${name}`)];
  const provided = [
    ...(authentication.type === 'hmac' ? ['signature'] : []),
    ...(authentication.type === 'wsSecurityUsernameToken' ? ['securityHeader'] : []),
  ];
  checkAuthentication(manifest, authentication, secrets, always, report);
  const shared = ['headers', 'query'].flatMap((part) =>
    checkNames(member(manifest.http)[part], ['http', part], [...always, ...provided], report),
  );
  const names = new Set<unknown>();
  const streams = Array.isArray(manifest.streams) ? manifest.streams : [];
  for (const [index, stream] of streams.entries()) {
    const path = ['streams', index];
    if (!isJsonObject(stream)) continue;
    if (names.has(stream.name))
      report([...path, 'name'], 'duplicate', `Two streams are named "${String(stream.name)}".`);
    names.add(stream.name);
    checkStream(stream, path, { always: [...always, ...provided], shared }, report);
  }
  const sent = [...shared, ...streams.flatMap((stream) => namesIn(stream))];
  const signs = namesIn(authentication.headers).concat(namesIn(authentication.query), sent);
  if (authentication.type === 'hmac' && !signs.includes('signature')) {
    report(
      ['authentication'],
      'placeholder',
      'The signature is never sent: put {{ signature }} into headers, query or a body.',
    );
  }
  return found;
}

function checkAuthentication(
  manifest: JsonObject,
  authentication: JsonObject,
  secrets: readonly string[],
  always: readonly string[],
  report: Report,
): void {
  const path = ['authentication'];
  const type = String(authentication.type);
  for (const key of SECRET_MEMBERS[type] ?? []) {
    const name = authentication[key];
    if (typeof name === 'string' && !secrets.includes(name)) {
      report([...path, key], 'secret', `The secret "${name}" is not declared. Add it to secrets.`);
    }
  }
  if (type === 'sessionToken') {
    checkNames(authentication.login, [...path, 'login'], always, report);
    requireOne(authentication, ['tokenPath', 'tokenHeader'], path, report);
  }
  if (type === 'oauth2ClientCredentials') {
    requireOne(authentication, ['tokenPath', 'tokenUrl'], path, report);
    const url = authentication.tokenUrl;
    const hosts = member(manifest.http).allowedHosts;
    if (typeof url === 'string' && URL.canParse(url)) {
      const { host, hostname } = new URL(url);
      if (!Array.isArray(hosts) || !(hosts.includes(host) || hosts.includes(hostname))) {
        report([...path, 'tokenUrl'], 'value', `The host ${host} is not one of http.allowedHosts. Add it there.`);
      }
    }
  }
  if (type === 'hmac') {
    // What is signed may repeat anything that is sent, so that only the body's members are not known here.
    checkNames(authentication.lines, [...path, 'lines'], [...always, ...SIGNED], report, /^requestBody\./);
    for (const part of ['headers', 'query']) {
      checkNames(authentication[part], [...path, part], [...always, 'signature'], report);
    }
  }
}

function checkStream(
  stream: JsonObject,
  path: ManifestPath,
  outer: { readonly always: readonly string[]; readonly shared: readonly string[] },
  report: Report,
): void {
  const pagination = member(stream.pagination);
  const type = String(pagination.type ?? 'none');
  const partitions = Object.keys(member(stream.partitions));
  const job = member(stream.job);
  const hasJob = stream.job !== undefined;
  const parts = [
    ...outer.always,
    ...partitions.flatMap((name) => PARTITION_FORMS.map((form) => `partition.${name}${form}`)),
    ...(stream.incremental === undefined ? [] : ['cursor']),
  ];
  const paging = [
    ...parts,
    'first',
    ...(POSITION[type] === undefined ? [] : [POSITION[type]]),
    ...(pagination.size === undefined ? [] : ['pageSize']),
    ...Object.keys(member(pagination.carry)).map((name) => `carry.${name}`),
    ...(hasJob ? ['job.id', 'job.result'] : []),
  ];
  const sent = checkNames(stream.request, [...path, 'request'], paging, report);
  const submitted = checkNames(job.submit, [...path, 'job', 'submit'], parts, report);
  checkNames(job.poll, [...path, 'job', 'poll'], [...parts, 'job.id'], report);
  for (const [name, partition] of Object.entries(member(stream.partitions))) {
    checkNames(member(partition).request, [...path, 'partitions', name, 'request'], outer.always, report);
  }

  const used = [...sent, ...submitted, ...outer.shared];
  const position = POSITION[type];
  if (position !== undefined && !used.includes(position)) {
    report(
      [...path, 'pagination'],
      'placeholder',
      `The position is never sent: put {{ ${position} }} into the request.`,
    );
  }
  for (const name of partitions) {
    if (used.some((each) => each === `partition.${name}` || each.startsWith(`partition.${name}.`))) continue;
    const message = `The partition is never sent: put {{ partition.${name} }} into the request.`;
    report([...path, 'partitions', name], 'placeholder', message);
  }
  if (stream.incremental !== undefined && !used.includes('cursor')) {
    report([...path, 'incremental'], 'placeholder', 'The cursor is never sent: put {{ cursor }} into the request.');
  }
  const rule = member(pagination.stop).rule;
  if (rule === 'totalReached' && pagination.total === undefined) {
    report([...path, 'pagination', 'stop'], 'value', 'totalReached needs pagination.total.');
  }
  if (rule === 'shortPage' && pagination.size === undefined) {
    report([...path, 'pagination', 'stop'], 'value', 'shortPage needs pagination.size.');
  }
  if (stream.conditional === true && (type !== 'none' || partitions.length > 0 || hasJob)) {
    const message =
      'A stream of several answers has no single ETag: conditional needs pagination none, no partitions and no job.';
    report([...path, 'conditional'], 'value', message);
  }
  if (stream.conditional === true && member(stream.request).method === 'POST') {
    report([...path, 'conditional'], 'value', 'Only a GET can be conditional.');
  }
  if (stream.resultUrl === true && job.result === undefined) {
    report([...path, 'resultUrl'], 'value', 'resultUrl needs job.result, the path of the address.');
  }
}

/** Checks the placeholders of all texts of a part. @returns the names that it uses */
function checkNames(
  part: unknown,
  path: ManifestPath,
  allowed: readonly string[],
  report: Report,
  alsoAllowed?: RegExp,
): string[] {
  return textsIn(part, path).flatMap(({ text, at }) => {
    let names: readonly string[];
    try {
      names = compileTemplate(text).names;
    } catch (error) {
      report(at, 'placeholder', `${describeError(error)}.`);
      return [];
    }
    for (const name of names) {
      if (allowed.includes(name) || alsoAllowed?.test(name) === true) continue;
      if (name.startsWith('secret.')) {
        report(at, 'secret', `The secret "${name.slice('secret.'.length)}" is not declared. Add it to secrets.`);
        continue;
      }
      const known = [...allowed.filter((each) => !TIME_FORMS.slice(1).some((form) => each.endsWith(form)))].join(', ');
      report(at, 'placeholder', `There is no placeholder {{ ${name} }} here; there are ${known}.`);
    }
    return [...names];
  });
}

function namesIn(part: unknown): string[] {
  return checkNames(part, [], [], () => {});
}

/** All texts of a part, with their places. */
function textsIn(part: unknown, path: ManifestPath): { readonly text: string; readonly at: ManifestPath }[] {
  if (typeof part === 'string') return [{ text: part, at: path }];
  if (Array.isArray(part)) return part.flatMap((each, index) => textsIn(each, [...path, index]));
  return Object.entries(member(part)).flatMap(([key, each]) => textsIn(each, [...path, key]));
}

function requireOne(part: JsonObject, keys: readonly string[], path: ManifestPath, report: Report): void {
  if (keys.filter((key) => part[key] !== undefined).length === 1) return;
  report(path, 'required', `Give one of ${keys.join(' and ')}.`);
}

function member(data: unknown): JsonObject {
  return isJsonObject(data) ? data : {};
}
