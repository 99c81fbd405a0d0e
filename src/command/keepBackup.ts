import { access, stat } from 'node:fs/promises';
import { openSealer } from '../access/sealingKey.js';
import { PlatformError } from '../domain/errors.js';
import { describeLocked, findLocked } from '../pipeline/lockedSecrets.js';
import { type Verdict, verifyResults } from '../pipeline/verifyResults.js';
import { bar, type StepDisplay, step } from '../progress.js';
import { writeAudit } from '../store/audit.js';
import { restoreBackup, writeBackup } from '../store/backup/file.js';
import { readCatalogue } from '../store/catalogue.js';
import { type Database, openDatabase } from '../store/orm.js';
import { type DatabasePlace, makeDatabasePlace, openDatabasePlace } from './databasePlace.js';
import type { Session } from './session.js';
import { table } from './table.js';

const MB = 1024 * 1024;

/**
 * Writes a backup of the database of the environment to a file. As pg_dump does it replaces a file of this name, once the new one is whole, and says so.
 * @throws PlatformError DATABASE_*, DATA_*, NOT_FOUND
 */
export async function backUp(session: Session, out: string): Promise<boolean> {
  const { signal } = session.console;
  const before = await stat(out).catch(() => null);
  const [place, done] = await at(session, 'Backup', openDatabasePlace, async (place, display) => {
    const onTable = tellTable(display);
    return [place.name, await writeBackup(place.url, out, { now: new Date(), signal, onTable })] as const;
  });
  const { head, manifest, bytes } = done;
  const rows = manifest.tables.reduce((sum, each) => sum + each.rows, 0);
  const { createdAt, revision } = head;
  const replaced = before?.mtime.toISOString() ?? null;
  const data = {
    file: out,
    replaced,
    createdAt,
    revision,
    bytes,
    rows,
    tables: manifest.tables,
    results: manifest.results,
  };
  await session.print(data, [
    `${out}  ${(bytes / MB).toFixed(1)} MB, ${rows} rows of ${manifest.tables.length} tables, as of revision ${revision}`,
    ...(replaced === null ? [] : [`replaced the file of this name, which was written at ${replaced}`]),
    `from the database ${place}; the keys that open its secrets are not in it`,
  ]);
  return true;
}

/**
 * Fills an empty database from a backup, brings it to this version, and computes its results again.
 * @throws PlatformError CONFIG_INVALID when the file of the sealing key is there and cannot be used; BACKUP_*, RESTORE_NOT_EMPTY; RESTORE_UNEQUAL when the results are not those of the backup
 */
export async function restore(session: Session, file: string): Promise<boolean> {
  const { signal } = session.console;
  // Before a database is made for it.
  await access(file);
  const path = session.config.secretsKeyFile;
  const hasKey = await stat(path).catch(() => null);
  const sealer = hasKey && (await openSealer({ path, make: false }));
  const done = await at(session, 'Restore', makeDatabasePlace, async ({ url }, display) => {
    const restored = await restoreBackup(url, file, { signal, onTable: tellTable(display) });
    const database = await openDatabase({ url });
    try {
      const verdicts = await prove(database, false, display);
      const { createdAt, revision } = restored.head;
      const details = { createdAt, revision };
      await database.fork().transactional((em) =>
        writeAudit(em, {
          viewer: null,
          action: 'restoreBackup',
          target: `Backup:${restored.manifest.headSha256.slice(0, 16)}`,
          details,
        }),
      );
      return { ...restored, verdicts, locked: await findLocked(database, sealer) };
    } finally {
      await database.close();
    }
  });
  const { head, manifest, verdicts, leftOut, locked } = done;
  const unequal = manifest.results.filter(({ snapshotId, resultHash }) => {
    const verdict = verdicts.find((each) => each.snapshotId === snapshotId);
    return verdict === undefined || verdict.problem !== null || verdict.resultHash !== resultHash;
  });
  if (unequal.length > 0) {
    const names = unequal.map(({ round, snapshotId }) => `${round} (snapshot ${snapshotId})`).join(', ');
    throw new PlatformError(
      'RESTORE_UNEQUAL',
      `The data was restored whole, but these results do not come out as they were: ${names}. See dti verify, and do not serve it before you know why.`,
    );
  }
  const rows = manifest.tables.reduce((sum, each) => sum + each.rows, 0);
  const data = {
    createdAt: head.createdAt,
    revision: head.revision,
    rows,
    leftOut,
    lockedSecrets: locked,
    results: verdicts,
  };
  const others = leftOut.length === 0 ? [] : [`left out, since they are not the platform's: ${leftOut.join(', ')}`];
  await session.print(data, [
    `restored ${rows} rows of ${manifest.tables.length - leftOut.length} tables, as of revision ${head.revision} (${head.createdAt})`,
    `${manifest.results.length} results computed again: all hashes are equal`,
    ...others,
    ...(locked.length === 0 ? [] : [`SECRETS_KEY: ${describeLocked(locked)}`]),
  ]);
  return true;
}

/** Proves the results of the database of the environment. @returns false when one is wrong */
export async function verify(session: Session, all: boolean): Promise<boolean> {
  const verdicts = await at(session, 'Verify', openDatabasePlace, async ({ url }, display) => {
    const database = await openDatabase({ url, keepSchema: true });
    return prove(database, all, display).finally(() => database.close());
  });
  const rows = verdicts.map((each) => [
    ...[each.round, each.snapshotId, each.status, each.resultHash.slice(0, 16)],
    each.isStoredEqual === null ? 'not kept' : say(each.isStoredEqual),
    say(each.isRecomputedEqual),
  ]);
  const problems = verdicts.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  const heading = ['ROUND', 'SNAPSHOT', 'STATUS', 'HASH', 'STORED', 'COMPUTED AGAIN'];
  await session.print(verdicts, [...table(heading, rows), ...problems]);
  return problems.length === 0;
}

function prove(database: Database, all: boolean, { show }: StepDisplay): Promise<Verdict[]> {
  const scope = all ? 'ALL' : 'NEWEST_AND_PUBLISHED';
  return readCatalogue(database.fork()).then((catalogue) =>
    verifyResults(database, catalogue, scope, ({ round, snapshotId }, index, count) =>
      show(`${bar((index + 1) / count)}  ${round}, snapshot ${snapshotId}`),
    ),
  );
}

const say = (isEqual: boolean): string => (isEqual ? 'equal' : 'NOT EQUAL');

/** Does something with a database, and leaves it as it was found. */
function at<Result>(
  session: Session,
  title: string,
  open: (config: Session['config']) => Promise<DatabasePlace>,
  work: (place: DatabasePlace, display: StepDisplay) => Promise<Result>,
): Promise<Result> {
  const run = async (display: StepDisplay) => {
    const place = await open(session.config);
    return work(place, display).finally(() => place.close());
  };
  return step(title, run, session.showsProgress ? 'command' : 'nowhere');
}

function tellTable({ show }: StepDisplay) {
  return (name: string, index: number, count: number) => show(`${bar(index / count)}  ${name}`);
}
