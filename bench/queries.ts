import {
  BENCH_FRAMEWORK,
  BENCH_REGIONS,
  BENCH_SYSTEM,
  type BenchSize,
  benchRound,
  entityCode,
  yearsOf,
} from './benchSize.js';

/** The four questions of the table. */
export const QUESTIONS = ['Q1', 'Q2', 'Q3', 'Q4'] as const;
/** See {@link QUESTIONS}. */
export type Question = (typeof QUESTIONS)[number];

/** Whose schema a document is for. */
export type Shape = 'platform' | 'hand' | 'postgraphile';

/** What one request asks, before it is put into the words of a schema. */
export interface Asked {
  readonly year: number;
  readonly level: string;
  /** Number and code of an entity. */
  readonly entityAt: number;
  readonly code: string;
  readonly region: string;
  readonly min: number;
  readonly name: string;
}

/** Letters and digits that the name of some entities holds, and of which no schema finds more than another. */
const PARTS = [...'acdef0123456789'];

/** The n-th of the different requests: other years, entities, regions, bounds and parts of names. */
export function askedOf(size: BenchSize, n: number): Asked {
  const years = yearsOf(size);
  const entityAt = (n * 37) % size.entities;
  return {
    ...{ year: years[n % years.length] ?? 0, level: size.level, entityAt, code: entityCode(size, entityAt) },
    region: BENCH_REGIONS[n % BENCH_REGIONS.length] ?? '',
    // Unique, so that no two requests are the same.
    min: 0.45 + (n % 50) / 1000 + n * 1e-9,
    name: PARTS[n % PARTS.length] ?? '',
  };
}

const HAND: Readonly<Record<Question, string>> = {
  Q1: 'query Q1($year:Int!){ ranking(year:$year, first:20){ rank overall entity{ code name region } } }',
  Q2: 'query Q2($level:String!,$year:Int!){ entities(level:$level, first:63){ code name pillarScores(year:$year){ score rank pillar{ code } } } }',
  Q3: 'query Q3($code:String!){ entity(code:$code){ code name region pillars{ code name indicators{ code name weight values{ year raw normalized source } } } } }',
  Q4: 'query Q4($year:Int!,$region:String!,$min:Float!,$name:String!){ search(year:$year, region:$region, minOverall:$min, nameContains:$name, first:20){ total average nodes{ rank overall entity{ code name } } } }',
};

const POSTGRAPHILE: Readonly<Record<Question, string>> = {
  Q1: 'query Q1($year:Int!){ scoresList(condition:{year:$year}, orderBy:RANK_ASC, first:20){ rank overall entity{ code name region } } }',
  Q2: 'query Q2($level:String!,$year:Int!){ entitiesList(condition:{level:$level}, first:63, orderBy:PRIMARY_KEY_ASC){ code name pillarScoresList(condition:{year:$year}){ score rank pillar{ code } } } }',
  Q3: 'query Q3($code:String!,$id:Int!){ entityByCode(code:$code){ code name region } pillarsList{ code name indicatorsList{ code name weight indicatorValuesList(condition:{entityId:$id}){ year raw normalized source } } } }',
  Q4: 'query Q4($year:Int!,$region:String!,$min:Float!,$name:String!){ searchScoresList(y:$year, reg:$region, minOverall:$min, q:$name, first:20){ rank overall entity{ code name } } searchStats(y:$year, reg:$region, minOverall:$min, q:$name){ total average } }',
};

/**
 * Ours. Figures as collected and their sources are provenance here, which a dashboard asks for one score at a time; Q3 asks for as many columns of the
 * result instead: points and rank beside value and measure.
 */
function platformDocument(size: BenchSize, question: Question): string {
  switch (question) {
    case 'Q1':
      return 'query Q1($round:String!){ ranking(round:$round, first:20){ edges{ node{ rank score{ value } entity{ code name(lang:VI) region{ code } } } } } }';
    case 'Q2':
      return 'query Q2($level:EntityLevel!,$round:String!){ entities(filter:{level:{eq:$level}}, first:63){ edges{ node{ code name(lang:VI) scores(round:$round, kind:MAIN_INDEX){ value rank measure{ code } } } } } }';
    case 'Q3': {
      const years = yearsOf(size).map(
        (year) => `y${year}: scores(round:"${benchRound(year)}", kind:INDICATOR){ value points rank measure{ code } }`,
      );
      return `query Q3($code:String!){ measures(framework:"${BENCH_FRAMEWORK}", filter:{kind:{eq:INDICATOR}}, first:${size.indicators}){ edges{ node{ code name(lang:VI) maxPoints } } } entity(code:$code, codeSystem:"${BENCH_SYSTEM}"){ code name(lang:VI) region{ code } ${years.join(' ')} } }`;
    }
    case 'Q4':
      return 'query Q4($round:String!,$region:String!,$min:Float!,$name:String!){ scoreGroups(by:[], rounds:[$round], measures:["INDEX"], filter:{region:{eq:$region}, value:{gte:$min}, name:{contains:$name}}){ edges{ node{ count value{ average } top(count:20){ rank value entity{ code name(lang:VI) } } } } } }';
  }
}

/** The document of a question in the words of a schema. */
export function documentOf(shape: Shape, size: BenchSize, question: Question): string {
  if (shape === 'platform') return platformDocument(size, question);
  return shape === 'hand' ? HAND[question] : POSTGRAPHILE[question];
}

/**
 * The variables of a request in the words of a schema.
 * @param ids of the entities by code, which PostGraphile's way of Q3 needs
 */
export function variablesOf(
  shape: Shape,
  question: Question,
  asked: Asked,
  ids: ReadonlyMap<string, number>,
): Record<string, unknown> {
  const { year, level, code, region, min, name } = asked;
  const when = shape === 'platform' ? { round: benchRound(year) } : { year };
  switch (question) {
    case 'Q1':
      return when;
    case 'Q2':
      return { level: shape === 'platform' ? level : level.toLowerCase(), ...when };
    case 'Q3':
      return shape === 'postgraphile' ? { code, id: ids.get(code) } : { code };
    case 'Q4':
      return { ...when, region, min, name };
  }
}

/** The body of a request. */
export function bodyOf(
  shape: Shape,
  size: BenchSize,
  question: Question,
  asked: Asked,
  ids: ReadonlyMap<string, number>,
): string {
  const query = documentOf(shape, size, question);
  return JSON.stringify({ query, variables: variablesOf(shape, question, asked, ids) });
}
