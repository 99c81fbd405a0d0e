/** What kind of mistake it is. */
export type ManifestProblemCode =
  | 'syntax'
  | 'size'
  | 'depth'
  | 'alias'
  | 'duplicate'
  | 'number'
  | 'unknown_key'
  | 'required'
  | 'value'
  | 'path'
  | 'cel'
  | 'placeholder'
  | 'secret'
  | 'framework'
  | 'indicator'
  | 'code_system'
  | 'version';

/** Steps from the root of a manifest to a place in it. */
export type ManifestPath = readonly (string | number)[];

/** A mistake, before its place in the text is known. */
export interface FoundProblem {
  readonly path: ManifestPath;
  readonly code: ManifestProblemCode;
  readonly message: string;
  /** True when it is about the key and not its value. */
  readonly atKey?: boolean;
}

/** A mistake in a manifest, for the person who wrote it. */
export interface ManifestProblem {
  /** `streams[0].request.path`; empty for the manifest as a whole. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  readonly code: ManifestProblemCode;
  readonly message: string;
}

/** Writes a path for people. */
export function writePath(path: ManifestPath): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[\w$-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}
