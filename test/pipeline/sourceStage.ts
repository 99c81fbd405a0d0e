import { createSealer } from '../../src/access/seal.js';
import type { Catalogue } from '../../src/domain/catalogue.js';
import type { Connector } from '../../src/domain/connector.js';
import { SourceLibrary } from '../../src/pipeline/sourceLibrary.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import type { Database } from '../../src/store/orm.js';

/** Who registers sources in tests. */
export const ACTOR = { subject: 'integrator-1', role: 'integrator' as const };

/** A library over a database with the reference data. */
export async function openLibrary(
  database: Database,
  codeConnectors: readonly Connector[] = [],
): Promise<{ library: SourceLibrary; catalogue: Catalogue }> {
  const catalogue = await readCatalogue(database.fork());
  const sealer = createSealer(Buffer.alloc(32, 7));
  return {
    catalogue,
    library: new SourceLibrary({ database, catalogue: () => catalogue, codeConnectors, sealer }),
  };
}

/** A manifest that reads `/rows` and feeds one indicator of the provinces; each part may be replaced. */
export function sampleManifest({
  key = 'sample',
  version = 1,
  name = 'Sample',
  indicator = 'GOV_ACTIVITY.07',
  framework = 'PDTI-922',
  codeSystem = 'GSO-2025',
  secrets = 'token',
  extra = '',
} = {}): string {
  return `key: ${key}
version: ${version}
name: { vi: Mẫu, en: ${name} }
owner: Test
kind: NATIONAL_DATABASE
citation: None
licence: None
secrets: [${secrets}]
${extra}
authentication: { type: bearer, token: token }
streams:
  - name: rows
    request: { path: /rows }
    format: { type: json, records: items }
    mapping:
      framework: ${framework}
      entity: { by: code, codeSystem: ${codeSystem}, field: code, pad: 2 }
      period: { field: year, format: year }
      figures:
        - indicator: ${indicator}
          numerator: { field: part }
          denominator: { field: whole }
`;
}
