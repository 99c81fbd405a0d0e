import { canonicalDecimal } from '../domain/decimal.js';
import { INDEX_CODE } from '../domain/framework.js';
import { SOURCE_KINDS } from '../domain/source.js';
import type { FrameworkContent, ReferenceContent } from './referenceContent.js';

const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Holds the reference data against itself: unknown codes, duplicate keys, points that do not add up, cycles, impossible values.
 * @returns every problem found, one line each; empty = sound
 */
export function checkReference(content: ReferenceContent): string[] {
  const problems: string[] = [];
  const unique = (what: string, keys: readonly string[]) => {
    const seen = new Set<string>();
    for (const key of keys) {
      if (seen.has(key)) problems.push(`${what} "${key}" appears more than once`);
      seen.add(key);
    }
    return seen;
  };
  const regions = unique(
    'region',
    content.regions.map(({ key }) => key),
  );
  const entities = unique(
    'entity',
    content.entities.map(({ key }) => key),
  );
  const groups = unique(
    'peer group',
    content.peerGroups.map(({ code }) => code),
  );
  const frameworks = new Map(content.frameworks.map((framework) => [framework.code, framework]));
  unique(
    'framework',
    content.frameworks.map(({ code }) => code),
  );
  unique(
    'round',
    content.rounds.map(({ code }) => code),
  );
  unique(
    'merge policy',
    content.policies.map(({ code, version }) => `${code} ${version}`),
  );

  for (const entity of content.entities) {
    if (entity.code === '' || entity.name.vi === '') problems.push(`entity "${entity.key}" lacks a code or a name`);
    if (entity.regionKey !== null && !regions.has(entity.regionKey)) {
      problems.push(`entity "${entity.key}" names the unknown region "${entity.regionKey}"`);
    }
    for (const date of [entity.validFrom, entity.validTo]) {
      if (date !== null && !ISO_DATE.test(date)) problems.push(`entity "${entity.key}": "${date}" is not an ISO date`);
    }
  }
  for (const { predecessor, successor, on } of content.successions) {
    for (const key of [predecessor, successor]) {
      if (!entities.has(key))
        problems.push(`succession ${predecessor} -> ${successor} names the unknown entity "${key}"`);
    }
    if (!ISO_DATE.test(on)) problems.push(`succession ${predecessor} -> ${successor}: "${on}" is not an ISO date`);
  }
  unique(
    'succession',
    content.successions.map(({ predecessor, successor }) => `${predecessor} -> ${successor}`),
  );
  const chain = findCycle(content.successions.map(({ predecessor, successor }) => [predecessor, successor]));
  if (chain !== null) problems.push(`successions run in a circle: ${chain.join(' -> ')}`);

  for (const framework of content.frameworks) problems.push(...checkFramework(framework, groups));
  for (const policy of content.policies) {
    for (const kind of policy.precedence) {
      if (!SOURCE_KINDS.includes(kind))
        problems.push(`merge policy "${policy.code}" names the unknown source kind "${kind}"`);
    }
  }
  for (const round of content.rounds) {
    if (!frameworks.has(round.framework))
      problems.push(`round "${round.code}" names the unknown framework "${round.framework}"`);
    const members = round.groups.flatMap((group) => group.members);
    unique(`member of round ${round.code}`, members);
    for (const { peerGroup } of round.groups) {
      if (!groups.has(peerGroup)) problems.push(`round "${round.code}" names the unknown peer group "${peerGroup}"`);
    }
    for (const key of members) {
      if (!entities.has(key)) problems.push(`round "${round.code}" names the unknown entity "${key}"`);
    }
    if (members.length === 0) problems.push(`round "${round.code}" has no members`);
  }
  problems.push(...checkReferences(content, entities, groups));
  return problems;
}

function checkFramework(framework: FrameworkContent, groups: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  const say = (text: string) => problems.push(`framework ${framework.code}: ${text}`);
  const measures = new Map(framework.measures.map((measure) => [measure.code, measure]));
  if (measures.size !== framework.measures.length) {
    const codes = framework.measures.map(({ code }) => code);
    say(`measures appear more than once: ${codes.filter((code, at) => codes.indexOf(code) !== at).join(', ')}`);
  }
  for (const { parent, child } of framework.edges) {
    for (const code of [parent, child])
      if (!measures.has(code)) say(`"${parent}" > "${child}" names the unknown measure "${code}"`);
  }
  const circle = findCycle(framework.edges.map(({ parent, child }) => [parent, child]));
  if (circle !== null) say(`measures run in a circle: ${circle.join(' > ')}`);
  const childrenOf = (code: string) =>
    framework.edges.filter(({ parent }) => parent === code).map(({ child }) => child);
  for (const measure of framework.measures) {
    if (!(measure.maxPoints >= 0)) say(`"${measure.code}" has ${measure.maxPoints} points`);
    const children = childrenOf(measure.code);
    if (measure.kind === 'INDICATOR') continue;
    const sum = children.reduce((total, code) => total + (measures.get(code)?.maxPoints ?? 0), 0);
    if (Math.abs(sum - measure.maxPoints) > 1e-9)
      say(`"${measure.code}" has ${measure.maxPoints} points, its parts add up to ${sum}`);
  }
  if (measures.get(INDEX_CODE)?.maxPoints !== framework.maxPoints)
    say('the index does not have the points of the framework');
  for (const { code, indicators } of framework.stated) {
    const below = (each: string): number =>
      measures.get(each)?.kind === 'INDICATOR'
        ? 1
        : circle === null
          ? childrenOf(each).reduce((n, child) => n + below(child), 0)
          : 0;
    if (below(code) !== indicators) say(`"${code}" is said to have ${indicators} indicators and has ${below(code)}`);
  }
  for (const { code, indicator } of framework.measures) {
    if (indicator === null) continue;
    const { rule, direction } = indicator;
    if (direction !== 1 && direction !== -1) say(`"${code}" has the direction ${String(direction)}, neither 1 nor -1`);
    if (rule.kind === 'RATIO_CAPPED' && !(rule.target > 0)) say(`"${code}" has no target above 0`);
    if (rule.kind === 'SURVEY_MEAN' && !(rule.scale > 1)) say(`"${code}" has no scale above 1`);
    if (rule.kind === 'TIERED') {
      const rising = rule.tiers.every((tier, at) => {
        const before = rule.tiers[at - 1];
        return (
          tier.share > 0 &&
          tier.share <= 1 &&
          (before === undefined || (tier.atLeast > before.atLeast && tier.share > before.share))
        );
      });
      if (rule.tiers.length === 0 || !rising) say(`"${code}" has tiers that do not rise within 0 to 1`);
    }
  }
  for (const { peerGroup, indicators } of framework.notApplicable) {
    if (!groups.has(peerGroup)) say(`names the unknown peer group "${peerGroup}"`);
    for (const code of indicators)
      if (measures.get(code)?.kind !== 'INDICATOR') say(`"${code}" is not one of its indicators`);
  }
  return problems;
}

function checkReferences(
  content: ReferenceContent,
  entities: ReadonlySet<string>,
  groups: ReadonlySet<string>,
): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const row of content.references) {
    const name = `${row.level} ${row.year} ${row.entityName} ${row.measureCode} ${row.peerGroupCode ?? ''}`.trim();
    const say = (text: string) => problems.push(`published result ${name}: ${text}`);
    if (seen.has(name)) say('appears more than once');
    seen.add(name);
    if (row.entityKey !== null && !entities.has(row.entityKey)) say(`names the unknown entity "${row.entityKey}"`);
    if (row.peerGroupCode !== null && !groups.has(row.peerGroupCode))
      say(`names the unknown peer group "${row.peerGroupCode}"`);
    const framework = content.frameworks.find(({ level }) => level === row.level);
    const known = framework?.measures.some(({ code }) => code === row.measureCode) ?? row.measureCode === INDEX_CODE;
    if (!known) say('names an unknown measure');
    if (!Number.isInteger(row.year) || row.year < 2000) say('has no year');
    if (
      row.value !== null &&
      (canonicalDecimal(row.value) === null || Number(row.value) < 0 || Number(row.value) > 1)
    ) {
      say(`has the value "${row.value}", which is not from 0 to 1`);
    }
    if (row.rank !== null && !(Number.isInteger(row.rank) && row.rank >= 1)) say(`has the rank ${row.rank}`);
    if (row.value === null && row.rank === null) say('has neither a value nor a rank');
    if (row.citation === '') say('has no citation');
  }
  return problems;
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
