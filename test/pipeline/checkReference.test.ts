import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ScoringRule } from '../../src/domain/framework.js';
import { checkReference } from '../../src/pipeline/checkReference.js';
import { readReferenceFiles } from '../../src/pipeline/readReferenceFiles.js';
import type { FrameworkContent, ReferenceContent } from '../../src/pipeline/referenceContent.js';

const DATA = join(import.meta.dirname, '../../data');

/** What is wrong with the files after an edit of one of them: of their shape, and of what is left of them. */
async function problemsAfter(file: string, edit: (text: string) => string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'dti-data-'));
  try {
    await cp(DATA, folder, { recursive: true });
    const path = join(folder, file);
    const before = await readFile(path, 'utf8');
    const after = edit(before);
    expect(after, 'the edit changes nothing').not.toBe(before);
    await writeFile(path, after);
    const { content, incomplete, problems } = await readReferenceFiles(folder, 2026);
    return [...problems, ...checkReference(content, incomplete)];
  } finally {
    await rm(folder, { recursive: true });
  }
}

const PROVINCE = 'frameworks/PDTI-922.json';
const P63 = 'entities/provinces-63.csv';
const P34 = 'entities/provinces-34.csv';
const RESULTS = 'references/published-results.csv';

/** A file, what is written over what, and the place and fault that are named; `*` stands for the whole file. */
const SHAPES: readonly [string, string | RegExp, string, string][] = [
  ['rounds.json', '*', '{}', 'peerGroups: Invalid input: expected array, received undefined'],
  ['rounds.json', '*', '[]', 'Invalid input: expected object, received array'],
  ['rounds.json', '*', 'null', 'Invalid input: expected object, received null; it is null'],
  ['rounds.json', '*', '{ broken', 'Expected property name'],
  [
    'rounds.json',
    '"year": 2021',
    '"year": "2021"',
    'rounds[0].year: Expected a year from 2000 or "CURRENT"; it is "2021"',
  ],
  ['rounds.json', '"level": "PROVINCE"', '"level": "DISTRICT"', 'peerGroups[0].level: Invalid option'],
  [
    'rounds.json',
    '"members": "ALL"',
    '"members": "SOME"',
    'rounds[0].groups[0].members: Expected a list of codes or "ALL"',
  ],
  [
    'rounds.json',
    '"frameworkCertainty": "published"',
    '"frameworkCertainty": "sure"',
    'rounds[0].frameworkCertainty: ',
  ],
  [
    'policies.json',
    '0.05',
    '"x"',
    'policies[0].discrepancyTolerance: Invalid input: expected number, received string; it is "x"',
  ],
  ['policies.json', '0.05', 'null', 'policies[0].discrepancyTolerance: '],
  ['policies.json', '0.05', '1e999', 'policies[0].discrepancyTolerance: '],
  [
    'policies.json',
    '"SURVEY"',
    '"RUMOUR"',
    'policies[0].precedence[2]: Invalid option: expected one of "NATIONAL_DATABASE"',
  ],
  ['policies.json', '"version": 1', '"version": 1.5', 'policies[0].version: '],
  ['policies.json', '"version": 1', '"version": 3000000000', 'policies[0].version: '],
  ['policies.json', '"code": "MEASURED_FIRST"', '"code": ""', 'policies[0].code: Expected a text; it is ""'],
  [PROVINCE, '*', '{}', 'framework: Invalid input: expected string, received undefined'],
  [
    PROVINCE,
    '"default": "LOSES_POINTS"',
    '"default": "WHATEVER"',
    'missing.default: Invalid option: expected one of "LOSES_POINTS"|"EXCLUDE_AND_RESCALE"; it is "WHATEVER"',
  ],
  [PROVINCE, '"level": "province"', '"level": "PROVINCE"', 'level: Invalid option: expected one of "province"'],
  [
    PROVINCE,
    '"certainty": "illustrative"',
    '"certainty": "certain"',
    'certainty: Invalid option: expected one of "published"',
  ],
  [PROVINCE, '"name_certainty": "illustrative"', '"name_certainty": "certain"', '.name_certainty: Invalid option'],
  [
    PROVINCE,
    '"source_kind": "self_reported"',
    '"source_kind": "hearsay"',
    '.source_kind: Invalid option: expected one of "self_reported"',
  ],
  [PROVINCE, '"kind": "yes_no"', '"kind": "maybe"', ".formula.kind: Invalid discriminator value. Expected 'yes_no'"],
  [PROVINCE, '"target":', '"goal":', '.formula.target: Invalid input: expected number'],
  [PROVINCE, /"a": ".*?"/, '"a": ""', '.formula.a: Expected the English label beside the Vietnamese one'],
  [PROVINCE, /"b": ".*?",/, '', '.formula.b: Expected the English label beside the Vietnamese one'],
  [PROVINCE, /"a_vi": ".*?"/, '"a_vi": ""', '.formula.a_vi: Expected a text; it is ""'],
  [PROVINCE, '"scale":', '"size":', '.formula.scale: Invalid input: expected number'],
  [PROVINCE, '"tiers":', '"steps":', '.formula.tiers: Invalid input: expected array'],
  [PROVINCE, '"direction": 1', '"direction": 2', '.direction: Invalid option: expected one of 1|-1; it is 2'],
  [PROVINCE, '"max_points": 100,', '"max_points": "100",', 'pillars[0].max_points: Invalid input: expected number'],
  [P63, 'region_code', 'region', 'line 1: lacks the column "region_code"'],
  [P63, '2025-06-30', '30.6.2025', 'line 2, valid_to: Expected a day such as 2025-07-01; it is "30.6.2025"'],
  [P63, ',8054,', ',many,', 'line 2, population_2019_thousand: Expected a decimal number; it is "many"'],
  [P63, 'approximate', 'roughly', 'line 2, population_certainty: Invalid option: expected one of "published"'],
  [P34, 'predecessors', 'before', 'line 1: lacks the column "predecessors"'],
  [P34, '2025-07-01', '2025-02-30', 'line 2, valid_from: Expected a day'],
  [P34, '2025-07-01', '', 'line 2, valid_from: Expected a day'],
  [P34, ',false,', ',no,', 'line 2, merged: Invalid option: expected one of "true"|"false"'],
  [P34, '01,Hà Nội,', '01,', 'line 2: has 15 cells, there are 16 columns'],
  [P34, '*', '', 'line 1: lacks the column "code"'],
  ['entities/ministries.csv', 'merged_on', 'merged', 'line 1: lacks the column "merged_on"'],
  ['entities/ministries.csv', /,2025-03-01,/, ',,', ', merged_on: Expected the day of the merger beside a successor'],
  [RESULTS, ',source,', ',origin,', 'line 1: lacks the column "source"'],
  [RESULTS, /\nprovince,/, '\nvillage,', 'line 2, index_level: Invalid option'],
  [RESULTS, /\nprovince,20\d\d,/, '\nprovince,MMXX,', 'line 2, year: Expected a year from 2000; it is "MMXX"'],
  [RESULTS, '0.4874', '0.4874e0', 'score: Expected a decimal number; it is "0.4874e0"'],
  [RESULTS, ',published,', ',certain,', 'certainty: Invalid option'],
];

describe('reference files of another shape', () => {
  it.each(SHAPES)('%s with %s -> %s are refused with file and place', async (file, from, to, expected) => {
    const problems = await problemsAfter(file, (text) => (from === '*' ? to : text.replace(from, to)));
    expect(problems.join('\n')).toContain(expected);
    // What could not be read is not also said to be unknown.
    for (const problem of problems) expect(problem).toMatch(`${file}: `);
  });

  it('names every fault of every file at once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dti-data-'));
    await cp(DATA, folder, { recursive: true });
    await writeFile(join(folder, 'rounds.json'), '{}');
    await writeFile(join(folder, 'policies.json'), '{ "policies": [{ "code": 1, "version": "1" }] }');
    await rm(join(folder, P63));
    await writeFile(join(folder, P34), 'code,name_vi\n01,Hà Nội\n');
    await writeFile(join(folder, 'frameworks/MDTI-922.json'), '[1, 2]');
    const { content, incomplete, problems } = await readReferenceFiles(folder, 2026);
    const count = (file: string) => problems.filter((problem) => problem.startsWith(`${file}: `)).length;
    const files = ['rounds.json', 'policies.json', P63, P34, 'frameworks/MDTI-922.json', RESULTS];
    expect(files.map(count)).toEqual([2, 4, 1, 12, 1, 0]);
    expect(checkReference(content, incomplete)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('have no fault as they are', async () => {
    const { content, incomplete, problems } = await readReferenceFiles(DATA, 2026);
    expect([...problems, ...incomplete, ...checkReference(content, incomplete)]).toEqual([]);
  });
});

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The real content with one change. */
async function changed(change: (content: Writable<ReferenceContent>) => void): Promise<string[]> {
  const { content } = await readReferenceFiles(DATA, 2026);
  const copy = structuredClone(content);
  change(copy);
  return checkReference(copy);
}

/** The same with a change of the provincial framework. */
function changedFramework(change: (framework: Writable<FrameworkContent>) => void): Promise<string[]> {
  return changed((content) => {
    content.frameworks = content.frameworks.map((each) => {
      if (each.code !== 'PDTI-922') return each;
      const framework = { ...each };
      change(framework);
      return framework;
    });
  });
}

/** Gives indicators other rules. */
function withRules(rules: Readonly<Record<string, ScoringRule>>) {
  return (framework: Writable<FrameworkContent>) => {
    framework.measures = framework.measures.map((measure) => {
      const rule = rules[measure.code];
      if (rule === undefined || measure.indicator === null) return measure;
      return { ...measure, indicator: { ...measure.indicator, rule } };
    });
  };
}

describe('the rules of a framework', () => {
  it('are held to what scoring can apply, all of them at once', async () => {
    const tiers = [
      { atLeast: 1, share: 0.5 },
      { atLeast: 1, share: 1 },
    ];
    const problems = await changedFramework(
      withRules({
        'AWARENESS.01': { kind: 'RATIO_CAPPED', target: 0 },
        'AWARENESS.02': { kind: 'SURVEY_MEAN', scale: 1 },
        'AWARENESS.03': { kind: 'TIERED', tiers: [] },
        'AWARENESS.04': { kind: 'TIERED', tiers },
      }),
    );
    expect(problems).toEqual([
      'The RATIO_CAPPED rule of PDTI-922 AWARENESS.01 has the target 0; give a number above 0',
      'The SURVEY_MEAN rule of PDTI-922 AWARENESS.02 has the scale 1; give a number above 1',
      'The TIERED rule of PDTI-922 AWARENESS.03 has no tiers; give at least one',
      'The TIERED rule of PDTI-922 AWARENESS.04 has tiers that do not rise in both fields, with shares from 0 to 1',
    ]);
  });

  it('may give no share below the first step, as scoring allows', async () => {
    const tiers = [
      { atLeast: 0, share: 0 },
      { atLeast: 1, share: 1 },
    ];
    expect(await changedFramework(withRules({ 'AWARENESS.01': { kind: 'TIERED', tiers } }))).toEqual([]);
  });

  it('hide no fault of the graph', async () => {
    const problems = await changedFramework((framework) => {
      withRules({ 'AWARENESS.01': { kind: 'TIERED', tiers: [] } })(framework);
      framework.maxPoints = 1001;
    });
    expect(problems).toEqual([
      expect.stringContaining('AWARENESS.01 has no tiers'),
      'Framework PDTI-922 2022 gives INDEX 1000 points, its children have 1000, the framework 1001',
    ]);
  });
});

describe('the graph of a framework', () => {
  const points = (code: string, maxPoints: number) => (framework: Writable<FrameworkContent>) => {
    framework.measures = framework.measures.map((each) => (each.code === code ? { ...each, maxPoints } : each));
  };
  const edge = (parent: string, child: string) => (framework: Writable<FrameworkContent>) => {
    framework.edges = [...framework.edges, { parent, child }];
  };
  const CASES: readonly [string, (framework: Writable<FrameworkContent>) => void, string][] = [
    ['points that do not add up', points('AWARENESS', 99), 'gives INDEX 1000 points, its children have 999'],
    ['points below zero', points('AWARENESS.01', -10), 'gives AWARENESS.01 -10 points; they must lie between 0 and'],
    ['points beyond what can be rounded', points('AWARENESS.01', 1e9), 'gives AWARENESS.01 1000000000 points'],
    ['a circle', edge('AWARENESS', 'INDEX'), 'has a cycle through INDEX'],
    ['an indicator with parts', edge('AWARENESS.01', 'AWARENESS.02'), 'has an indicator with children: AWARENESS.01'],
    ['an unknown measure', edge('P_GOV', 'NOTHING'), 'framework PDTI-922: "P_GOV" names the unknown measure "NOTHING"'],
    ['an edge twice', edge('P_GOV', 'AWARENESS'), 'framework PDTI-922: "P_GOV > AWARENESS" appears more than once'],
    [
      'a number of indicators that is not so',
      (framework) => {
        framework.stated = [{ code: 'P_GOV', indicators: 77 }];
      },
      'framework PDTI-922: "P_GOV" is said to have 77 indicators and has 78',
    ],
    [
      'a pillar that is said to be without an indicator',
      (framework) => {
        framework.notApplicable = [{ peerGroup: 'NOBODY', rule: 'LOSES_POINTS', indicators: ['P_GOV', 'X'] }];
      },
      'framework PDTI-922: names the unknown peer group "NOBODY"',
    ],
  ];
  it.each(CASES)('is refused with %s', async (_, change, expected) => {
    expect((await changedFramework(change)).join('\n')).toContain(expected);
  });
});

describe('the rest of the content', () => {
  const CASES: readonly [string, (content: Writable<ReferenceContent>) => void, string][] = [
    [
      'a policy that cannot choose',
      (content) => {
        content.policies = content.policies.map((policy) => ({ ...policy, precedence: [] }));
      },
      'Merge policy MEASURED_FIRST version 1 admits no kind of source',
    ],
    [
      'a policy version twice',
      (content) => {
        content.policies = [...content.policies, ...content.policies];
      },
      'merge policy "MEASURED_FIRST 1" appears more than once',
    ],
    [
      'a framework twice',
      (content) => {
        content.frameworks = [...content.frameworks, ...content.frameworks];
      },
      'framework "PDTI-922" appears more than once',
    ],
    [
      'a round of an unknown framework',
      (content) => {
        content.rounds = content.rounds.map((round) => ({ ...round, framework: 'PDTI-405' }));
      },
      'round "PROVINCE-2021" names the unknown framework "PDTI-405"',
    ],
    [
      'a member of two peer groups',
      (content) => {
        content.rounds = content.rounds.map((round) => ({
          ...round,
          groups: round.groups.map((group) => ({ ...group, members: [...group.members, 'CENTRAL:VSS'] })),
        }));
      },
      'round "MINISTRY-2021" names "CENTRAL:VSS" more than once',
    ],
    [
      'a round without members',
      (content) => {
        content.rounds = content.rounds.map((round) => ({ ...round, groups: [] }));
      },
      'round "PROVINCE-2021" has no members',
    ],
    [
      'a published result without a value and a rank',
      (content) => {
        content.references = content.references.map((row) => ({ ...row, value: null, rank: null }));
      },
      'has neither a value nor a rank',
    ],
    [
      'a published result of an unknown measure',
      (content) => {
        content.references = content.references.map((row) => ({ ...row, measureCode: 'LUCK' }));
      },
      'names an unknown measure',
    ],
  ];
  it.each(CASES)('is refused with %s', async (_, change, expected) => {
    expect((await changed(change)).join('\n')).toContain(expected);
  });
});
