import type { Catalogue } from '../domain/catalogue.js';
import type { RecordLookup } from '../source/resolve.js';

/** How the records of a source find their entities and indicators. */
export function recordLookupIn(catalogue: Catalogue): RecordLookup {
  return {
    entityId: (codeSystem, code) => catalogue.entityByKey(`${codeSystem}:${code}`)?.id ?? null,
    indicatorId(frameworkCode, code) {
      const measure = catalogue.measureByCode(frameworkCode, code);
      return measure?.kind === 'INDICATOR' ? measure.id : null;
    },
  };
}
