import pg from 'pg';

/**
 * Creates the database that an address names, unless it is there.
 * @param maintenanceUrl any database of the same server, with the right to create others
 * @returns `url`
 */
export async function ensureDatabase(maintenanceUrl: string, url: string): Promise<string> {
  const client = new pg.Client({ connectionString: maintenanceUrl });
  await client.connect();
  try {
    const name = new URL(url).pathname.slice(1);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
    return url;
  } finally {
    await client.end();
  }
}
