import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateCredentials } from '../../../simulators/credentials.js';
import { startSimulators } from '../../../simulators/server.js';
import { settingsOf } from '../../../src/demonstration.js';
import type { SourceSettings } from '../../../src/domain/connector.js';

/** Bodies of each file of figures: enough for several pages of seven rows, few enough for hundreds of reads. */
const ENTITIES = 5;
const FIGURES = 'data/demonstration';

/** Simulators with the figures of a few bodies. */
export interface SmallWorld {
  /** @throws Error when there is no simulator of the source */
  settings(key: string): SourceSettings;
  close(): Promise<void>;
}

/** Starts simulators whose data the suite reads in no time. */
export async function openSmallWorld(): Promise<SmallWorld> {
  const dataDir = mkdtempSync(join(tmpdir(), 'dti-suite-'));
  for (const file of readdirSync(FIGURES).filter((name) => name.endsWith('.csv'))) {
    const [header = '', ...lines] = readFileSync(join(FIGURES, file), 'utf8').trim().split('\n');
    const kept = new Set([...new Set(lines.map(entityOf))].slice(0, ENTITIES));
    writeFileSync(join(dataDir, file), `${[header, ...lines.filter((line) => kept.has(entityOf(line)))].join('\n')}\n`);
  }
  const credentials = generateCredentials();
  const simulators = await startSimulators({
    ...{ port: 0, dataDir, figuresDir: dataDir, tickMs: 0, credentials },
    anchor: { year: 2026, month: 3 },
    seed: 922,
  });
  return {
    settings(key) {
      const settings = settingsOf(key, simulators.port, credentials);
      if (settings === null) throw new Error(`there is no simulator of ${key}`);
      return settings;
    },
    async close() {
      await simulators.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}

function entityOf(line: string): string {
  return line.slice(0, line.indexOf(','));
}
