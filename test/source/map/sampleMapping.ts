import type { JsonObject } from '../../../src/source/json.js';
import { type MappingSpec, mappingSchema } from '../../../src/source/map/mapping.js';
import { createMapper, type MapContext } from '../../../src/source/map/mapRow.js';

/** A mapping as YAML gives it, with what is needed and nothing else. */
export const SMALLEST = {
  framework: 'PDTI-922',
  entity: { by: 'code', codeSystem: 'GSO-2004', field: 'province', pad: 2 },
  period: { field: 'year', format: 'year' },
  figures: [{ indicator: 'GOV.01', value: { field: 'share' } }],
};

/** A row that {@link SMALLEST} maps. */
export const ROW: JsonObject = { province: '1', year: '2024', share: '12.5' };

/** The record of {@link ROW}. */
export const RECORD = {
  kind: 'record',
  codeSystem: 'GSO-2004',
  entityCode: '01',
  frameworkCode: 'PDTI-922',
  indicatorCode: 'GOV.01',
  period: '2024',
  value: '12.5',
  numerator: null,
  denominator: null,
  obsStatus: 'A',
  publishedAt: null,
  deleted: false,
};

/** Checks a mapping; the parts given replace those of {@link SMALLEST}. */
export function parseMapping(parts: Readonly<Record<string, unknown>>): MappingSpec {
  return mappingSchema.parse({ ...SMALLEST, ...parts });
}

/** Maps one row. */
export function mapRow(
  parts: Readonly<Record<string, unknown>>,
  row: JsonObject,
  context: Partial<MapContext> = {},
): ReturnType<ReturnType<typeof createMapper>> {
  return createMapper(parseMapping(parts), { entityByName: () => null, variables: {}, ...context })(row);
}
