import type { Catalogue } from '../domain/catalogue.js';
import type { Vocabulary } from '../source/manifest/checkWords.js';
import type { ManifestLookups } from '../source/manifest/readStream.js';
import { type AliasIndex, buildAliasIndex, normaliseName } from '../source/map/entityName.js';

/** Entities of one code system. */
interface System {
  readonly codes: readonly string[];
  readonly names: AliasIndex;
}

/** Index of the names of a catalogue; built when the first manifest asks, since it takes some milliseconds. */
const systemsOf = new WeakMap<Catalogue, ReadonlyMap<string, System>>();

/** The codes of the reference data that manifests may name. */
export function vocabularyOf(catalogue: Catalogue): Vocabulary {
  const { content } = catalogue;
  const indicators = new Map(
    content.frameworks.map(({ code, measures }) => [
      code,
      new Set(measures.filter(({ kind }) => kind === 'INDICATOR').map((measure) => measure.code)),
    ]),
  );
  const frameworkCodes = content.frameworks.map(({ code }) => code);
  const codeSystems = [...new Set(content.entities.map(({ codeSystem }) => codeSystem))];
  return {
    hasFramework: (code) => frameworkCodes.includes(code),
    hasIndicator: (frameworkCode, code) => indicators.get(frameworkCode)?.has(code) ?? false,
    indicatorCodes: (frameworkCode) => [...(indicators.get(frameworkCode) ?? [])],
    hasCodeSystem: (code) => codeSystems.includes(code),
    hasEntityName: (codeSystem, name) =>
      (indexOf(catalogue).get(codeSystem)?.names.codeOf(normaliseName(name)) ?? null) !== null,
    frameworkCodes,
    codeSystems,
  };
}

/** What running manifests look up, in the catalogue of the moment. */
export function lookupsIn(catalogue: () => Catalogue): ManifestLookups {
  const find = (codeSystem: string): System | undefined => indexOf(catalogue()).get(codeSystem);
  return {
    entityByName: (codeSystem, normalisedName) => find(codeSystem)?.names.codeOf(normalisedName) ?? null,
    entityCodes: (codeSystem) => find(codeSystem)?.codes ?? [],
  };
}

function indexOf(catalogue: Catalogue): ReadonlyMap<string, System> {
  const known = systemsOf.get(catalogue);
  if (known !== undefined) return known;
  const groups = Map.groupBy(catalogue.content.entities, ({ codeSystem }) => codeSystem);
  const systems = new Map(
    [...groups].map(([codeSystem, entities]) => [
      codeSystem,
      {
        codes: entities.map(({ code }) => code),
        // The English names are the Vietnamese ones without their tones, which would make two provinces one.
        names: buildAliasIndex(entities.map(({ code, name, kind }) => ({ code, kind, names: [name.vi] }))),
      },
    ]),
  );
  systemsOf.set(catalogue, systems);
  return systems;
}
