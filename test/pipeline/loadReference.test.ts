// Over 400 lines: everything here changes a folder of files and looks at what becomes of one loaded database, through one fixture.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { CERTAINTIES, ENTITY_LEVELS } from '../../src/domain/entity.js';
import { MEASURE_KINDS } from '../../src/domain/framework.js';
import { ROUND_STATUSES } from '../../src/domain/round.js';
import { SOURCE_KINDS, SOURCE_STATUSES } from '../../src/domain/source.js';
import { computeRound, recomputeSnapshot } from '../../src/pipeline/compute.js';
import { loadReference } from '../../src/pipeline/loadReference.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { readSnapshotHeads } from '../../src/store/snapshot.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { addSource, entityOf, indicatorOf, record, rowsOf, writeBatch } from '../store/batch.js';
import { untilBlocked } from '../store/blocked.js';

const DATA = join(import.meta.dirname, '../../data');
const OPTIONS = { folder: DATA, currentYear: 2026, now: new Date('2026-11-22T00:00:00Z') };
let test: TestDatabase;
let catalogue: Catalogue;

beforeAll(async () => {
  test = await openTestDatabase('template');
  await loadReference(test.database, OPTIONS);
  catalogue = await readCatalogue(test.database.fork());
});
afterAll(() => test.drop());

describe('the loaded reference data', () => {
  it('has 63 and 34 provinces with regions, validity and succession', () => {
    const count = (system: string) =>
      catalogue.content.entities.filter((entity) => entity.codeSystem === system && entity.region !== null).length;
    expect([count('GSO-2004'), count('GSO-2025')]).toEqual([63, 34]);
    const daNang = catalogue.entityByKey('GSO-2025:48');
    const before = catalogue.content.successions.filter(({ successorId }) => successorId === daNang?.id);
    const codes = before.map(({ predecessorId, kind }) => [catalogue.entity(predecessorId)?.code, kind]);
    expect(codes).toEqual([
      ['48', 'MERGED'],
      ['49', 'MERGED'],
    ]);
    expect(catalogue.entityByKey('GSO-2004:49')?.validTo).toBe('2025-06-30');
  });

  it('knows that a code changed its meaning in 2025', () => {
    expect(catalogue.entityByKey('GSO-2004:15')?.name.en).toBe('Yen Bai');
    expect(catalogue.entityByKey('GSO-2025:15')?.name.en).toBe('Lao Cai');
    expect(() => catalogue.findEntity('15', null)).toThrow(expect.objectContaining({ code: 'AMBIGUOUS_CODE' }));
    expect(catalogue.findEntity('74', null)?.codeSystem).toBe('GSO-2004');
  });

  it('has both frameworks with the published numbers of measures and points', () => {
    const count = (framework: string, kind: string) =>
      catalogue.framework(framework)?.measures.filter((measure) => measure.kind === kind).length;
    expect(count('PDTI-922', 'MAIN_INDEX')).toBe(9);
    expect(count('PDTI-922', 'INDICATOR')).toBe(98);
    expect(count('PDTI-922', 'PILLAR')).toBe(3);
    expect(count('MDTI-922', 'MAIN_INDEX')).toBe(6);
    expect(count('MDTI-922', 'INDICATOR')).toBe(70);
    expect(count('MDTI-922', 'PILLAR')).toBe(0);
    expect(catalogue.measureByCode('PDTI-922', 'SMART_CITY')?.maxPoints).toBe(0);
  });

  it('says what every ratio counts in both languages, which differ', () => {
    for (const framework of catalogue.content.frameworks) {
      const labels = framework.measures.flatMap(({ code, indicator }) => {
        if (indicator?.rule.kind !== 'RATIO' && indicator?.rule.kind !== 'RATIO_CAPPED') return [];
        const { numeratorLabel, numeratorLabelVi, denominatorLabel, denominatorLabelVi } = indicator;
        return [
          { code, en: numeratorLabel, vi: numeratorLabelVi, other: denominatorLabelVi },
          { code, en: denominatorLabel, vi: denominatorLabelVi, other: numeratorLabelVi },
        ];
      });
      expect(labels.length).toBeGreaterThan(80);
      for (const { code, en, vi = '', other } of labels) {
        expect(en, code).toMatch(/^[A-Z][\x20-\x7e]*[a-zA-Z0-9]$/);
        expect(vi, code).toMatch(/^\p{Lu}.*[\p{L}\d)]$/u);
        expect(vi, code).not.toBe(en);
        expect(vi, code).not.toBe(other);
        expect(vi, code).toBe(vi.normalize('NFC').trim());
        // Nothing that was left in English has the letters of Vietnamese.
        expect(vi.normalize('NFD'), code).toMatch(/[\u0300-\u036fđĐ]/);
      }
    }
  });

  it('puts 17 and 9 bodies into the ministerial peer groups of 2021, 17 and 8 into those of 2023', () => {
    const sizes = (code: string) => catalogue.roundByCode(code)?.groups.map((group) => group.entityIds.length);
    expect(sizes('MINISTRY-2021')).toEqual([17, 9]);
    expect(sizes('MINISTRY-2023')).toEqual([17, 8]);
    expect(catalogue.roundByCode('PROVINCE-2026')?.illustrative).toBe(true);
  });

  it('keeps all 302 published results as references with a citation', () => {
    expect(catalogue.content.references).toHaveLength(302);
    expect(catalogue.content.references.every(({ citation }) => citation !== '')).toBe(true);
    expect(catalogue.content.references.filter(({ level }) => level === 'NATIONAL')).toHaveLength(3);
  });

  it('loads the same files a second time without a change', async () => {
    expect(await loadReference(test.database, OPTIONS)).toEqual({ loaded: false, revision: null });
  });

  it('keeps every id when a changed name is loaded', async () => {
    const folder = await copyData();
    const file = join(folder, 'entities/ministries.csv');
    await writeFile(file, (await readFile(file, 'utf8')).replace('Ministry of Health', 'Ministry of Good Health'));
    expect((await loadReference(test.database, { ...OPTIONS, folder })).loaded).toBe(true);
    const after = await readCatalogue(test.database.fork());
    expect(after.entityByKey('CENTRAL:MOH')).toEqual({
      ...catalogue.entityByKey('CENTRAL:MOH'),
      name: { vi: 'Bộ Y tế', en: 'Ministry of Good Health' },
    });
    await rm(folder, { recursive: true });
  });
});

describe('reference files that contradict themselves', () => {
  it('are refused with all problems at once and nothing is loaded', async () => {
    const fresh = await openTestDatabase('template');
    const folder = await copyData();
    const edit = async (file: string, change: (text: string) => string) => {
      const path = join(folder, file);
      await writeFile(path, change(await readFile(path, 'utf8')));
    };
    await edit('frameworks/PDTI-922.json', (text) => text.replace('"max_points": 15', '"max_points": 16'));
    await edit('frameworks/MDTI-922.json', (text) => text.replaceAll('"DX_ACTIVITY.10"', '"DX_ACTIVITY.09"'));
    await edit('entities/provinces-34.csv', (text) => text.replace('02;08', '02;99'));
    await edit('rounds.json', (text) => text.replace('"MOHA"', '"XXXX"'));
    await edit('references/published-results.csv', (text) => text.replace('0.4874', '1.4874'));
    await edit('policies.json', () => '{ broken');
    const failure = await loadReference(fresh.database, { ...OPTIONS, folder }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'REFERENCE_INVALID' });
    const { message } = failure as Error;
    for (const part of [
      'policies.json:',
      'gives AWARENESS 100 points, its children have 101',
      'measures appear more than once: DX_ACTIVITY.09',
      'unknown entity "GSO-2004:99"',
      'unknown entity "CENTRAL:XXXX"',
      'has the value "1.4874"',
    ]) {
      expect(message).toContain(part);
    }
    expect((await readCatalogue(fresh.database.fork())).content.entities).toEqual([]);
    await rm(folder, { recursive: true });
    await fresh.drop();
  });

  it('are refused when measures or successions run in a circle', async () => {
    const fresh = await openTestDatabase('template');
    const folder = await copyData();
    const file = join(folder, 'entities/ministries.csv');
    const text = (await readFile(file, 'utf8')).replace(
      'MOF,Bộ Tài chính,Ministry of Finance,ministry,true,published,,,,',
      'MOF,Bộ Tài chính,Ministry of Finance,ministry,true,published,,,MPI,2025-03-01',
    );
    await writeFile(file, text);
    await expect(loadReference(fresh.database, { ...OPTIONS, folder })).rejects.toThrow(/run in a circle: /);
    await rm(folder, { recursive: true });
    await fresh.drop();
  });
});

/** What the tests change of a framework file. */
interface FrameworkFile {
  framework: string;
  version: string;
  max_points: number;
  certainty_note: string;
  missing: { default: string };
  pillars: {
    code: string;
    certainty: string;
    component_count: number;
    components: {
      code: string;
      name_en: string;
      max_points: number;
      direction: number;
      formula: { kind: string; a_vi?: string; b_vi?: string };
    }[];
  }[];
  aggregates: { code: string; component_count: number; members: string[] }[];
}
interface RoundsFile {
  rounds: { level: string; year: number | 'CURRENT'; framework: string; groups: { members: string[] }[] }[];
}
interface PoliciesFile {
  policies: { code: string; version: number; precedence: string[]; discrepancyTolerance: number }[];
}

/** A loaded database and a copy of the files, which a test changes and loads again. */
interface Copy extends TestDatabase {
  readonly folder: string;
  catalogue(): Promise<Catalogue>;
  load(): ReturnType<typeof loadReference>;
  /** The lines of the refusal; fails when there is none. */
  refusal(): Promise<readonly string[]>;
  compute(roundCode: string, publish?: boolean): Promise<void>;
  edit<File>(file: string, change: (content: File) => void): Promise<void>;
  province(change: (content: FrameworkFile) => void): Promise<void>;
}

const copies: Copy[] = [];
afterEach(async () => {
  for (const copy of copies.splice(0)) {
    await copy.drop();
    await rm(copy.folder, { recursive: true });
  }
});

async function openCopy(): Promise<Copy> {
  const database = await openTestDatabase('reference');
  const folder = await copyData();
  const catalogue = () => readCatalogue(database.database.fork());
  const load = () => loadReference(database.database, { ...OPTIONS, folder });
  const edit = async <File>(file: string, change: (content: File) => void) => {
    const path = join(folder, file);
    const content: File = JSON.parse(await readFile(path, 'utf8'));
    change(content);
    await writeFile(path, JSON.stringify(content));
  };
  const copy: Copy = {
    ...database,
    folder,
    catalogue,
    load,
    async refusal() {
      const before = await catalogue();
      const failure = await load().catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'REFERENCE_INVALID' });
      expect(await catalogue()).toEqual(before);
      return (failure as { details: { problems: string[] } }).details.problems;
    },
    async compute(roundCode, publish = false) {
      const options = { roundCode, publish, now: () => OPTIONS.now };
      const { snapshotId } = await computeRound({
        database: database.database,
        catalogue: await catalogue(),
        ...options,
      });
      expect(snapshotId).not.toBeNull();
    },
    edit,
    province: (change) => edit('frameworks/PDTI-922.json', change),
  };
  copies.push(copy);
  return copy;
}

function componentsOf(file: FrameworkFile, code: string): FrameworkFile['pillars'][number]['components'] {
  const node = file.pillars.find((each) => each.code === code);
  if (node === undefined) throw new Error(`no main index ${code}`);
  return node.components;
}

/** Takes the first indicator of AWARENESS out and puts one in before the third; the points stay what they were. */
function exchangeIndicator(file: FrameworkFile): void {
  const components = componentsOf(file, 'AWARENESS');
  const [gone] = components.splice(0, 1);
  const [first] = components;
  if (gone === undefined || first === undefined) throw new Error('no indicators');
  first.max_points += gone.max_points;
  components.splice(1, 0, { ...gone, code: 'AWARENESS.NEW', max_points: 0 });
}

describe('a changed framework that no snapshot uses', () => {
  it('replaces the loaded one when an indicator goes and another comes, and the others keep their ids', async () => {
    const copy = await openCopy();
    const before = (await copy.catalogue()).framework('PDTI-922');
    await copy.province(exchangeIndicator);
    expect((await copy.load()).loaded).toBe(true);
    const after = (await copy.catalogue()).framework('PDTI-922');
    const codes = (framework = after) => framework?.measures.map(({ code }) => code) ?? [];
    const at = codes(before).indexOf('AWARENESS.01');
    const expected = codes(before)
      .toSpliced(at, 1)
      .toSpliced(at + 1, 0, 'AWARENESS.NEW');
    expect(codes()).toEqual(expected);
    expect(after?.measures.map(({ position }) => position)).toEqual(expected.map((_, position) => position));
    const ids = new Map(before?.measures.map(({ code, id }) => [code, id]));
    const kept = after?.measures.filter(({ code }) => code !== 'AWARENESS.NEW') ?? [];
    expect(kept.map(({ id }) => id)).toEqual(kept.map(({ code }) => ids.get(code)));
    const own = new Set(after?.measures.map(({ id }) => id));
    expect(after?.edges).toHaveLength(before?.edges.length ?? 0);
    expect(after?.edges.every(({ parentId, childId }) => own.has(parentId) && own.has(childId))).toBe(true);
    // Were an edge left over, or one missing, the points of a parent would not add up.
    await copy.compute('PROVINCE-2026');
  });

  it('may turn its measures round', async () => {
    const copy = await openCopy();
    await copy.province((file) => void componentsOf(file, 'AWARENESS').reverse());
    await copy.load();
    const measures = (await copy.catalogue()).framework('PDTI-922')?.measures ?? [];
    const codes = measures.map(({ code }) => code).filter((code) => code.startsWith('AWARENESS.'));
    expect(codes).toEqual(codes.toSorted().reverse());
  });

  it('may lose a pillar with its edges and get another version', async () => {
    const copy = await openCopy();
    const results = join(copy.folder, 'references/published-results.csv');
    const lines = (await readFile(results, 'utf8')).split('\n');
    await writeFile(results, lines.filter((line) => !line.includes(',P_SOC,')).join('\n'));
    await copy.province((file) => {
      file.version = '2026';
      file.aggregates = file.aggregates.filter(({ code }) => code !== 'P_SOC');
    });
    await copy.load();
    const framework = (await copy.catalogue()).framework('PDTI-922');
    expect(framework?.version).toBe('2026');
    expect(framework?.measures.filter(({ kind }) => kind === 'PILLAR').map(({ code }) => code)).toEqual([
      'P_GOV',
      'P_ECO',
    ]);
    const [row] = await rowsOf<{ edges: string }>(copy.database, 'select count(*) as edges from measure_edge');
    const edges = (await copy.catalogue()).content.frameworks.reduce((sum, each) => sum + each.edges.length, 0);
    expect(Number(row?.edges)).toBe(edges);
  });

  it('is refused when an indicator goes that observations refer to', async () => {
    const copy = await openCopy();
    const catalogue = await copy.catalogue();
    const sourceId = await addSource(copy.database, 'figures');
    const indicatorId = indicatorOf(catalogue, 'AWARENESS.01');
    await writeBatch(copy.database, sourceId, [
      record({ entityId: entityOf(catalogue, 'GSO-2025:48'), indicatorId, value: '1' }),
    ]);
    await copy.province(exchangeIndicator);
    expect(await copy.refusal()).toEqual([
      expect.stringMatching(/^framework PDTI-922 version 2022: the indicator "AWARENESS.01" is gone.*Keep it/),
    ]);
  });

  it('leaves nothing of a policy version in force that the files no longer have', async () => {
    const copy = await openCopy();
    const add = (file: PoliciesFile) =>
      void file.policies.push({ code: 'MEASURED_FIRST', version: 2, precedence: ['SURVEY'], discrepancyTolerance: 0 });
    await copy.edit('policies.json', add);
    await copy.load();
    expect((await copy.catalogue()).policy).toMatchObject({ version: 2, precedence: ['SURVEY'] });
    await copy.edit<PoliciesFile>('policies.json', (file) => void file.policies.pop());
    await copy.load();
    expect((await copy.catalogue()).policy.version).toBe(1);
  });
});

describe('what a snapshot was computed with', () => {
  it('may be corrected in names, notes and certainty, and the snapshot is computed again with the same hash', async () => {
    const copy = await openCopy();
    await copy.compute('PROVINCE-2026');
    await copy.province((file) => {
      const [first] = componentsOf(file, 'AWARENESS');
      if (first !== undefined) first.name_en = 'A corrected name';
      for (const node of file.pillars) node.certainty = 'derived';
      file.certainty_note = 'Corrected.';
    });
    expect((await copy.load()).loaded).toBe(true);
    const catalogue = await copy.catalogue();
    expect(catalogue.measureByCode('PDTI-922', 'AWARENESS.01')?.name.en).toBe('A corrected name');
    expect(catalogue.measureByCode('PDTI-922', 'AWARENESS')?.certainty).toBe('derived');
    const [head] = await readSnapshotHeads(copy.database.fork(), 0);
    if (head === undefined) throw new Error('no snapshot');
    await expect(recomputeSnapshot(copy.database, catalogue, head)).resolves.toBeDefined();
  });

  it('takes the labels in another language at the next start, where they were not yet, and its input keeps its hash', async () => {
    const copy = await openCopy();
    await copy.province((file) => {
      for (const { formula } of file.pillars.flatMap(({ components }) => components)) {
        delete formula.a_vi;
        delete formula.b_vi;
      }
    });
    await copy.load();
    const [without] = (await copy.catalogue()).framework('PDTI-922')?.measures.slice(-1) ?? [];
    expect(without?.indicator).not.toHaveProperty('numeratorLabelVi');
    await copy.compute('PROVINCE-2026');
    await cp(join(DATA, 'frameworks'), join(copy.folder, 'frameworks'), { recursive: true });
    expect((await copy.load()).loaded).toBe(true);
    const after = await copy.catalogue();
    expect(after.measureByCode('PDTI-922', without?.code ?? '')).toEqual({
      ...without,
      indicator: {
        ...without?.indicator,
        numeratorLabelVi: 'Số người dân có kỹ năng số',
        denominatorLabelVi: 'Số người dân được khảo sát',
      },
    });
    const [before] = await readSnapshotHeads(copy.database.fork(), 0);
    const options = { roundCode: 'PROVINCE-2026', now: () => OPTIONS.now };
    const { inputHash, resultHash } = before ?? {};
    expect(await computeRound({ database: copy.database, catalogue: after, ...options })).toMatchObject({
      ...{ snapshotId: null, inputHash, resultHash },
    });
  });

  const changes: readonly [string, (file: FrameworkFile) => void, string][] = [
    [
      'an indicator that comes and one that goes',
      exchangeIndicator,
      'measure AWARENESS.01 is gone; measure AWARENESS.02: INDICATOR of',
    ],
    [
      'another version',
      (file) => {
        file.version = '2026';
      },
      'version: 2022 -> 2026',
    ],
    [
      'another missing rule',
      (file) => {
        file.missing.default = 'EXCLUDE_AND_RESCALE';
      },
      'missing rule: LOSES_POINTS -> EXCLUDE_AND_RESCALE',
    ],
    [
      'another order of summation',
      (file) => void componentsOf(file, 'AWARENESS').reverse(),
      'its measures are in another order',
    ],
    [
      'another direction',
      (file) =>
        componentsOf(file, 'AWARENESS').forEach((each) => {
          each.direction = -1;
        }),
      'direction 1, {"kind":"YES_NO"} -> INDICATOR of',
    ],
    [
      'another rule',
      (file) =>
        componentsOf(file, 'AWARENESS').forEach((each) => {
          each.formula = { kind: 'relative_to_best' };
        }),
      '-> INDICATOR of 10 points, direction 1, {"kind":"RELATIVE_TO_BEST"}',
    ],
    [
      'a missing edge of a pillar',
      (file) => {
        const social = file.aggregates.find(({ code }) => code === 'P_SOC');
        if (social === undefined) throw new Error('no pillar');
        social.members = social.members.filter((code) => code !== 'SMART_CITY');
        social.component_count -= file.pillars.find(({ code }) => code === 'SMART_CITY')?.component_count ?? 0;
      },
      'edge P_SOC > SMART_CITY is gone',
    ],
  ];
  it('is not replaced under the same code, whatever else of it changes', async () => {
    const copy = await openCopy();
    await copy.compute('PROVINCE-2026');
    const file = join(copy.folder, 'frameworks/PDTI-922.json');
    const original = await readFile(file);
    // A refusal leaves everything as it was, so that one copy serves them all.
    for (const [name, change, expected] of changes) {
      await writeFile(file, original);
      await copy.province(change);
      const [problem, ...others] = await copy.refusal();
      expect(problem, name).toContain('framework PDTI-922 version 2022 was used by snapshots and cannot change');
      expect(problem, name).toContain(expected);
      expect(problem, name).toContain('give the changed one a new version in a file of its own, with a new code');
      expect(others, name).toEqual([]);
    }
  });

  it('stays when a new version with a code of its own comes beside it', async () => {
    const copy = await openCopy();
    await copy.compute('PROVINCE-2026');
    const file: FrameworkFile = JSON.parse(await readFile(join(copy.folder, 'frameworks/PDTI-922.json'), 'utf8'));
    exchangeIndicator(file);
    const next = { ...file, framework: 'PDTI-405', version: '2025' };
    await writeFile(join(copy.folder, 'frameworks/PDTI-405.json'), JSON.stringify(next));
    await copy.edit<RoundsFile>('rounds.json', ({ rounds }) => {
      for (const round of rounds) if (round.year === 'CURRENT') round.framework = 'PDTI-405';
    });
    expect((await copy.load()).loaded).toBe(true);
    const catalogue = await copy.catalogue();
    expect(catalogue.roundByCode('PROVINCE-2026')?.frameworkCode).toBe('PDTI-405');
    expect(catalogue.measureByCode('PDTI-922', 'AWARENESS.01')).toBeDefined();
    expect(catalogue.measureByCode('PDTI-405', 'AWARENESS.01')).toBeUndefined();
    await copy.compute('PROVINCE-2026');
  });

  it('is a merge policy too, which gets a new version instead', async () => {
    const copy = await openCopy();
    await copy.compute('PROVINCE-2026');
    await copy.edit<PoliciesFile>('policies.json', ({ policies: [policy] }) => {
      if (policy === undefined) throw new Error('no policy');
      policy.discrepancyTolerance = 0.1;
      policy.precedence = policy.precedence.toReversed();
    });
    expect(await copy.refusal()).toEqual([
      expect.stringMatching(
        /^merge policy MEASURED_FIRST version 1 was used.*precedence: NATIONAL_DATABASE > .* -> SELF_REPORT > .*; discrepancy tolerance: 0.05 -> 0.1.*new version/,
      ),
    ]);
    await copy.edit<PoliciesFile>('policies.json', (file) => {
      file.policies = [];
    });
    expect(await copy.refusal()).toEqual([expect.stringContaining('cannot change: it is gone')]);
    await cp(join(DATA, 'policies.json'), join(copy.folder, 'policies.json'));
    await copy.edit<PoliciesFile>('policies.json', ({ policies }) => {
      const [policy] = policies;
      if (policy !== undefined) policies.push({ ...policy, version: 2, discrepancyTolerance: 0.1 });
    });
    await copy.load();
    expect((await copy.catalogue()).content.policies.map(({ version }) => version)).toEqual([1, 2]);
  });

  it('is refused with all changes at once', async () => {
    const copy = await openCopy();
    await copy.compute('PROVINCE-2026');
    await copy.compute('MINISTRY-2021', true);
    await copy.province((file) => {
      file.version = '2026';
    });
    await copy.edit<PoliciesFile>('policies.json', ({ policies: [policy] }) => {
      if (policy !== undefined) policy.discrepancyTolerance = 0.1;
    });
    await copy.edit<RoundsFile>('rounds.json', replaceMember(2021));
    const problems = await copy.refusal();
    expect(problems.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'framework PDTI-922',
      'merge policy',
      'round MINISTRY-2021',
    ]);
  });

  const INSERT = 'insert into snapshot overriding system value select * from aside';
  const CLAIM = `select status from round where code = 'PROVINCE-2026' for no key update`;
  it.each([
    ['a computation that has written its snapshot', [INSERT], []],
    ['a publication that has yet to write its snapshot', [CLAIM], [INSERT]],
  ])('is looked at after %s', async (_, before, after) => {
    const copy = await openCopy();
    await copy.compute('PROVINCE-2026');
    await rowsOf(copy.database, 'create table aside as select * from snapshot');
    await rowsOf(copy.database, 'truncate snapshot');
    await copy.province((file) => {
      file.version = '2026';
    });
    const go = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const computation = copy.database.fork().transactional(async (em) => {
      for (const statement of before) await em.execute(statement);
      begun.resolve();
      await go.promise;
      for (const statement of after) await em.execute(statement);
    });
    await begun.promise;
    let isSettled = false;
    const loading = copy
      .load()
      .catch((error: unknown) => error)
      .finally(() => {
        isSettled = true;
      });
    await untilBlocked(copy.database);
    expect(isSettled).toBe(false);
    go.resolve();
    await computation;
    expect(await loading).toMatchObject({ code: 'REFERENCE_INVALID' });
  });
});

/** Takes MOHA out of the first group and puts MOD in. */
function replaceMember(year: number): (file: RoundsFile) => void {
  return ({ rounds }) => {
    const round = rounds.find((each) => each.level === 'MINISTRY' && each.year === year);
    const group = round?.groups[0];
    if (group === undefined) throw new Error(`no round of ${year}`);
    group.members = ['MOD', ...group.members.filter((code) => code !== 'MOHA')];
  };
}

describe('the members of a round', () => {
  it('are sealed with its results', async () => {
    const copy = await openCopy();
    await copy.compute('MINISTRY-2021', true);
    await copy.edit<RoundsFile>('rounds.json', replaceMember(2021));
    expect(await copy.refusal()).toEqual([
      expect.stringContaining(
        'round MINISTRY-2021 is published; its framework and members cannot change: ' +
          'member CENTRAL:MOHA is gone; member CENTRAL:MOD is new (MINISTRY_WITH_SERVICES)',
      ),
    ]);
  });

  it('are sealed in their peer groups', async () => {
    const copy = await openCopy();
    await copy.compute('MINISTRY-2021', true);
    await copy.edit<RoundsFile>('rounds.json', ({ rounds }) => {
      const groups = rounds.find((each) => each.level === 'MINISTRY' && each.year === 2021)?.groups ?? [];
      groups[0]?.members.push('GI');
      const [, second] = groups;
      if (second !== undefined) second.members = second.members.filter((code) => code !== 'GI');
    });
    expect(await copy.refusal()).toEqual([
      expect.stringContaining('member CENTRAL:GI: MINISTRY_WITHOUT_SERVICES -> MINISTRY_WITH_SERVICES'),
    ]);
  });

  it('may change while it is open, beside a published round and in any order of the file', async () => {
    const copy = await openCopy();
    await copy.compute('MINISTRY-2021', true);
    await copy.compute('MINISTRY-2023');
    const before = await copy.catalogue();
    await copy.edit<RoundsFile>('rounds.json', replaceMember(2023));
    await copy.edit<RoundsFile>('rounds.json', ({ rounds }) => {
      for (const group of rounds.find(({ year, level }) => level === 'MINISTRY' && year === 2021)?.groups ?? [])
        group.members.reverse();
    });
    await copy.load();
    const after = await copy.catalogue();
    const published = after.roundByCode('MINISTRY-2021');
    expect(published).toEqual(before.roundByCode('MINISTRY-2021'));
    expect(published?.status).toBe('PUBLISHED');
    const members = after.roundByCode('MINISTRY-2023')?.groups[0]?.entityIds ?? [];
    expect(members).toContain(entityOf(after, 'CENTRAL:MOD'));
    expect(members).not.toContain(entityOf(after, 'CENTRAL:MOHA'));
  });
});

describe('the loader', () => {
  it('finds the same content in files that are only written differently', async () => {
    const copy = await openCopy();
    await copy.load();
    await copy.province((file) => {
      const turned = Object.fromEntries(Object.entries(file).reverse());
      for (const key of Object.keys(file)) Reflect.deleteProperty(file, key);
      Object.assign(file, turned);
    });
    expect(await copy.load()).toEqual({ loaded: false, revision: null });
  });

  it('removes a succession that the files no longer tell', async () => {
    const copy = await openCopy();
    const path = join(copy.folder, 'entities/provinces-34.csv');
    await writeFile(path, (await readFile(path, 'utf8')).replace(',02;08,', ',08,'));
    const before = await copy.catalogue();
    await copy.load();
    const left = (await copy.catalogue()).content.successions;
    expect(left).toHaveLength(before.content.successions.length - 1);
    expect(left.some(({ predecessorId }) => predecessorId === entityOf(before, 'GSO-2004:02'))).toBe(false);
  });

  it('keeps rounds that the files no longer name, such as that of last year', async () => {
    const copy = await openCopy();
    await loadReference(copy.database, { ...OPTIONS, currentYear: 2027 });
    const codes = (await copy.catalogue()).content.rounds.map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining(['PROVINCE-2026', 'PROVINCE-2027']));
  });
});

describe('the stored reference data', () => {
  const WORDS: readonly [string, string, readonly string[]][] = [
    ['entity', 'level', ENTITY_LEVELS],
    ['entity', 'population_certainty', CERTAINTIES],
    ['peer_group', 'level', ENTITY_LEVELS],
    ['framework', 'level', ENTITY_LEVELS],
    ['framework', 'missing', ['LOSES_POINTS', 'EXCLUDE_AND_RESCALE']],
    ['measure', 'kind', MEASURE_KINDS],
    ['measure', 'certainty', CERTAINTIES],
    ['round', 'level', ENTITY_LEVELS],
    ['round', 'status', ROUND_STATUSES],
    ['published_reference', 'level', ENTITY_LEVELS],
    ['published_reference', 'certainty', CERTAINTIES],
    ['succession', 'kind', ['UNCHANGED', 'MERGED']],
    ['source', 'kind', SOURCE_KINDS],
    ['source', 'status', SOURCE_STATUSES],
  ];
  it.each(WORDS)('takes the words of the domain for %s.%s and no others', async (table, column, words) => {
    const rows = await rowsOf<{ definition: string }>(
      test.database,
      `select pg_get_constraintdef(c.oid) as definition from pg_constraint c
       where c.conrelid = ?::regclass and c.contype = 'c'
         and c.conkey = array[(select attnum from pg_attribute where attrelid = c.conrelid and attname = ?)]`,
      [table, column],
    );
    const found = rows.flatMap(({ definition }) => [...definition.matchAll(/'([^']+)'/g)].map(([, word]) => word));
    expect(found.toSorted()).toEqual([...words].sort());
  });

  it('is refused as a whole when a row names one that is not there', async () => {
    const copy = await openCopy();
    await rowsOf(copy.database, 'alter table round drop constraint round_framework_id_fkey');
    await rowsOf(copy.database, `update round set framework_id = 4711 where code = 'PROVINCE-2026'`);
    await expect(copy.catalogue()).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
      message: expect.stringContaining('no framework 4711, which round PROVINCE-2026 names'),
    });
    await rowsOf(copy.database, 'alter table entity drop constraint entity_region_id_fkey');
    await rowsOf(copy.database, `update entity set region_id = 4712 where code_system = 'GSO-2025' and code = '48'`);
    await expect(copy.catalogue()).rejects.toThrow('no region 4712, which entity GSO-2025:48 names');
  });
});

async function copyData(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dti-data-'));
  await cp(DATA, folder, { recursive: true });
  return folder;
}
