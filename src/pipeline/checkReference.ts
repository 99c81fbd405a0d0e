import { PlatformError } from '../domain/errors.js';
import { type Framework, INDEX_CODE, type Measure } from '../domain/framework.js';
import { checkMergePolicy } from '../merge/checkMergePolicy.js';
import { measureGraph } from '../scoring/measureGraph.js';
import { checkRule } from '../scoring/rule.js';
import type { FrameworkContent, ReferenceContent } from './referenceContent.js';

/**
 * Holds the reference data against itself: unknown codes, duplicate keys, impossible values. What a rule, a framework's graph and a merge policy must
 * be is asked of the rooms that use them.
 * @param incomplete parts that lack something; what others name of them is not looked for
 * @returns every problem found, one line each, of a framework's graph the first; empty = sound
 */
export function checkReference(
  content: ReferenceContent,
  incomplete: ReadonlySet<keyof ReferenceContent> = new Set(),
): string[] {
  const problems: string[] = [];
  const unique = (what: string, keys: readonly string[]) => {
    for (const key of repeated(keys)) problems.push(`${what} "${key}" appears more than once`);
  };
  unique('region', keysOf(content.regions));
  unique('entity', keysOf(content.entities));
  unique('peer group', codesOf(content.peerGroups));
  unique('framework', codesOf(content.frameworks));
  unique('round', codesOf(content.rounds));
  unique(
    'merge policy',
    content.policies.map(({ code, version }) => `${code} ${version}`),
  );

  const known = {
    entity: knownAmong(keysOf(content.entities), incomplete.has('entities')),
    peerGroup: knownAmong(codesOf(content.peerGroups), incomplete.has('peerGroups')),
    framework: knownAmong(codesOf(content.frameworks), incomplete.has('frameworks')),
  };
  problems.push(...checkSuccessions(content, known));
  for (const framework of content.frameworks) problems.push(...checkFramework(framework, known));
  for (const policy of content.policies) problems.push(...problemsOf(() => checkMergePolicy(policy)));
  for (const round of content.rounds) {
    const say = (text: string) => problems.push(`round "${round.code}" ${text}`);
    if (!known.framework(round.framework)) say(`names the unknown framework "${round.framework}"`);
    const groups = round.groups.map(({ peerGroup }) => peerGroup);
    const members = round.groups.flatMap((group) => group.members);
    for (const key of repeated([...groups, ...members])) say(`names "${key}" more than once`);
    for (const group of groups) if (!known.peerGroup(group)) say(`names the unknown peer group "${group}"`);
    for (const key of members) if (!known.entity(key)) say(`names the unknown entity "${key}"`);
    if (members.length === 0 && !incomplete.has('entities')) say('has no members');
  }
  problems.push(...checkResults(content, known, incomplete.has('frameworks')));
  return problems;
}

/** Whether a key is there, or may be in a file that could not be read. */
interface Known {
  entity(key: string): boolean;
  peerGroup(code: string): boolean;
  framework(code: string): boolean;
}

function knownAmong(keys: readonly string[], isIncomplete: boolean): (key: string) => boolean {
  const set = new Set(keys);
  return (key) => isIncomplete || set.has(key);
}

function checkSuccessions({ successions }: ReferenceContent, known: Known): string[] {
  const problems: string[] = [];
  const pairs = successions.map(({ predecessor, successor }) => `${predecessor} -> ${successor}`);
  for (const pair of repeated(pairs)) problems.push(`succession "${pair}" appears more than once`);
  for (const { predecessor, successor } of successions) {
    for (const key of [predecessor, successor].filter((each) => !known.entity(each)))
      problems.push(`succession ${predecessor} -> ${successor} names the unknown entity "${key}"`);
  }
  const circle = findCycle(successions.map(({ predecessor, successor }) => [predecessor, successor]));
  if (circle !== null) problems.push(`successions run in a circle: ${circle.join(' -> ')}`);
  return problems;
}

function checkFramework(framework: FrameworkContent, known: Known): string[] {
  const problems: string[] = [];
  const say = (text: string) => problems.push(`framework ${framework.code}: ${text}`);
  const measures = new Map(framework.measures.map((measure) => [measure.code, measure]));
  const twice = repeated(codesOf(framework.measures));
  if (twice.length > 0) say(`measures appear more than once: ${twice.join(', ')}`);
  const unknown = framework.edges.filter(({ child }) => !measures.has(child));
  for (const { parent, child } of unknown) say(`"${parent}" names the unknown measure "${child}"`);
  for (const { peerGroup, indicators } of framework.notApplicable) {
    if (!known.peerGroup(peerGroup)) say(`names the unknown peer group "${peerGroup}"`);
    for (const code of indicators)
      if (measures.get(code)?.kind !== 'INDICATOR') say(`"${code}" is not one of its indicators`);
  }
  const spoiled = new Set<string>();
  for (const { code, indicator } of framework.measures) {
    if (indicator === null) continue;
    const found = problemsOf(() => checkRule(indicator.rule, `${framework.code} ${code}`));
    if (found.length > 0) spoiled.add(code);
    problems.push(...found);
  }
  // A graph is made of measures that can be told apart.
  if (twice.length + unknown.length > 0) return problems;
  const links = framework.edges.map(({ parent, child }) => `${parent} > ${child}`);
  for (const link of repeated(links)) say(`"${link}" appears more than once`);
  problems.push(...problemsOf(() => measureGraph(toFramework(framework, spoiled))));
  for (const { code, indicators } of framework.stated) {
    const found = indicatorsBelow(framework, code).size;
    if (found !== indicators) say(`"${code}" is said to have ${indicators} indicators and has ${found}`);
  }
  return problems;
}

/**
 * The framework as scoring takes it, with positions for ids.
 * @param spoiled indicators whose rules were refused already; they get another, so that the graph is looked at all the same
 */
function toFramework(framework: FrameworkContent, spoiled: ReadonlySet<string>): Framework {
  const ids = new Map(framework.measures.map(({ code }, id) => [code, id]));
  const idOf = (code: string): number => {
    const id = ids.get(code);
    if (id === undefined) throw new Error(`"${code}" is not a measure of ${framework.code}`);
    return id;
  };
  const measures = framework.measures.map((measure, id): Measure => {
    const { indicator } = measure;
    const isSpoiled = indicator !== null && spoiled.has(measure.code);
    const rules = isSpoiled ? { indicator: { ...indicator, rule: { kind: 'YES_NO' } as const } } : {};
    return { ...measure, ...rules, id, position: id, frameworkCode: framework.code };
  });
  const edges = framework.edges.map(({ parent, child }) => ({
    parentId: idOf(parent),
    childId: idOf(child),
    weight: 1,
  }));
  // What is not applicable was looked at in the words of the file.
  return { ...framework, id: 0, measures, edges, notApplicable: [] };
}

/** Each counted once, though a pillar shares its main indexes with others; also ends where measures run in a circle. */
function indicatorsBelow(framework: FrameworkContent, code: string): ReadonlySet<string> {
  const kinds = new Map(framework.measures.map((measure) => [measure.code, measure.kind]));
  const seen = new Set([code]);
  for (const each of seen) for (const { parent, child } of framework.edges) if (parent === each) seen.add(child);
  return new Set([...seen].filter((each) => kinds.get(each) === 'INDICATOR'));
}

function checkResults(content: ReferenceContent, known: Known, lacksFrameworks: boolean): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const row of content.references) {
    const name = `${row.level} ${row.year} ${row.entityName} ${row.measureCode} ${row.peerGroupCode ?? ''}`.trim();
    const say = (text: string) => problems.push(`published result ${name}: ${text}`);
    if (seen.has(name)) say('appears more than once');
    seen.add(name);
    if (row.entityKey !== null && !known.entity(row.entityKey)) say(`names the unknown entity "${row.entityKey}"`);
    if (row.peerGroupCode !== null && !known.peerGroup(row.peerGroupCode))
      say(`names the unknown peer group "${row.peerGroupCode}"`);
    const frameworks = content.frameworks.filter(({ level }) => level === row.level);
    const isMeasure = frameworks.some(({ measures }) => measures.some(({ code }) => code === row.measureCode));
    if (!isMeasure && row.measureCode !== INDEX_CODE && !lacksFrameworks) say('names an unknown measure');
    if (row.value !== null && !(Number(row.value) >= 0 && Number(row.value) <= 1))
      say(`has the value "${row.value}", which is not from 0 to 1`);
    if (row.value === null && row.rank === null) say('has neither a value nor a rank');
  }
  return problems;
}

/** What a check throws, as a line. */
function problemsOf(check: () => unknown): string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof PlatformError) return [error.message];
    throw error;
  }
}

function repeated(keys: readonly string[]): string[] {
  return [...new Set(keys.filter((key, at) => keys.indexOf(key) !== at))];
}

function keysOf(rows: readonly { readonly key: string }[]): string[] {
  return rows.map(({ key }) => key);
}

function codesOf(rows: readonly { readonly code: string }[]): string[] {
  return rows.map(({ code }) => code);
}

/** A circle in a directed graph, as the nodes along it with the first one repeated; null = none. */
function findCycle(edges: readonly (readonly [string, string])[]): string[] | null {
  const next = Map.groupBy(edges, ([from]) => from);
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | null => {
    const at = path.indexOf(node);
    if (at >= 0) return [...path.slice(at), node];
    if (done.has(node)) return null;
    for (const [, to] of next.get(node) ?? []) {
      const circle = visit(to, [...path, node]);
      if (circle !== null) return circle;
    }
    done.add(node);
    return null;
  };
  for (const node of next.keys()) {
    const circle = visit(node, []);
    if (circle !== null) return circle;
  }
  return null;
}
