import type { ConnectorStream } from '../../domain/connector.js';
import type { MappingSpec } from '../map/mapping.js';

/** What a mapping may feed, as far as it says so: constants, and the values of tables. A code that is read from the row as it is, is not known before. */
export function feedsOf(mapping: MappingSpec): ConnectorStream['feeds'] {
  const indicatorCodes = [...new Set(mapping.figures.flatMap(({ indicator }) => codesOf(indicator)))];
  return codesOf(mapping.framework).map((frameworkCode) => ({ frameworkCode, indicatorCodes }));
}

function codesOf(source: MappingSpec['framework']): readonly string[] {
  if (typeof source === 'string') return [source];
  return [...new Set(Object.values(source.table ?? {}))];
}
