import type { MappedRecord, RejectedRecord, SkippedRecord } from '../../domain/connector.js';
import { describeError } from '../../domain/errors.js';
import type { JsonObject } from '../json.js';
import { createDeletionReader } from './deletion.js';
import { createEntityReader, type EntityByName } from './entity.js';
import type { Scope } from './expression.js';
import { createFigureReader, type FigureReader, type FigureSpec } from './figure.js';
import type { MappingSpec } from './mapping.js';
import { createPeriodReader } from './period.js';
import { RowProblem } from './problem.js';
import { createPublicationReader } from './publication.js';
import { createReplacement } from './replacement.js';
import { createRevisionReader } from './revision.js';
import { createFieldRules, type FieldRule } from './rules.js';
import { createSuppression } from './suppress.js';
import { createTextReader } from './textSource.js';
import { createConditionReader, createValueReader, readsField } from './valueSource.js';

/** What a mapping needs beside the row. */
export type MapContext = {
  /** @returns null when no entity of the code system has this name, see `normaliseName` and `buildAliasIndex` */
  readonly entityByName: EntityByName;
  /** `parent`, `page` and `partition` of expressions and fields; read anew for each row, missing ones are null. */
  readonly variables: Readonly<Record<string, unknown>>;
};

/** What a row becomes; as many as the mapping has figures. */
type RowRecord = MappedRecord | RejectedRecord | SkippedRecord;

/** What all figures of a row have in common. */
type RowIdentity = Omit<MappedRecord, 'indicatorCode' | 'value' | 'numerator' | 'denominator' | 'obsStatus'>;

/** A figure of the mapping, ready to be read, with the rules on fields that it reads. */
interface FigurePlan {
  readonly reader: FigureReader;
  readonly isPresent: (scope: Scope) => boolean;
  readonly rules: readonly FieldRule[];
}

/** A row that a decoder could not read has this field, with the reason as its text. */
const MALFORMED = '_malformed';
const MISSING = { value: null, numerator: null, denominator: null, obsStatus: 'A' } as const;

/**
 * Makes the function that maps rows to records. It never throws for a row and gives as many records as the mapping has figures, in their order, so
 * that each can be accounted for: mapped, rejected by a rule, or skipped by `filter`, `when` or `missing`; behind them, withdrawals by `replaces`. A bad field costs the figures that read it.
 * @param mapping as `mappingSchema` gave it
 * @throws Error when it was not checked by the schema
 */
export function createMapper(mapping: MappingSpec, context: MapContext): (row: JsonObject) => RowRecord[] {
  const isMissing = createMissingTest(mapping.nullTokens);
  const identity = createIdentityReader(mapping, context, isMissing);
  const passes = mapping.filter === undefined ? () => true : createConditionReader(mapping.filter).read;
  const plans = planFigures(mapping, identity.reads, isMissing);
  const suppress = createSuppression(mapping.suppress);
  const withdraw = createWithdrawal(mapping, context, isMissing);
  const { variables } = context;

  return (row) => {
    const rejectAll = (rejected: RejectedRecord): RowRecord[] => plans.map(() => rejected);
    try {
      if (Object.hasOwn(row, MALFORMED)) return rejectAll(describeMalformed(row));
      const { parent = null, page = null, partition = null } = variables;
      const scope: Scope = { row, parent, page, partition };
      if (!passes(scope)) return plans.map(() => ({ kind: 'skipped', rule: 'filter' }));
      // Read once, but judged figure by figure: a figure that is not present is skipped, whatever else is wrong.
      const common = attempt(() => identity.read(scope));
      const records = plans.map((plan) => mapFigure(plan, scope, common, suppress));
      return mapping.replaces === undefined ? records : [...records, ...withdraw(scope, records)];
    } catch (error) {
      return rejectAll(toRejected(error));
    }
  };
}

function mapFigure(
  { reader, isPresent, rules }: FigurePlan,
  scope: Scope,
  common: RowIdentity | RejectedRecord,
  suppress: ReturnType<typeof createSuppression>,
): RowRecord {
  try {
    if (!isPresent(scope)) return { kind: 'skipped', rule: 'when' };
    for (const rule of rules) rule.check(scope);
    if (common.kind === 'rejected') return common;
    const indicatorCode = reader.readIndicator(scope);
    if (common.deleted) return { ...common, indicatorCode, ...MISSING };
    const figure = reader.readFigure(scope);
    return figure === null
      ? { kind: 'skipped', rule: 'missing' }
      : { ...common, indicatorCode, ...suppress(figure, indicatorCode) };
  } catch (error) {
    return toRejected(error);
  }
}

/** A rule on a field that no figure reads, or that the whole row depends on, holds for all figures. */
function planFigures(
  mapping: MappingSpec,
  commonReads: ReadonlySet<string>,
  isMissing: (raw: unknown) => boolean,
): readonly FigurePlan[] {
  const readers = mapping.figures.map((figure) => createFigureReader(figure, mapping.number, isMissing));
  const rules = createFieldRules(mapping.rules, mapping.number, isMissing);
  const isGeneral = ({ field }: FieldRule): boolean =>
    readsField(commonReads, field) || !readers.some(({ reads }) => readsField(reads, field));
  return mapping.figures.map((figure: FigureSpec, at) => {
    const reader = readers[at] ?? createFigureReader(figure, mapping.number, isMissing);
    return {
      reader,
      isPresent: figure.when === undefined ? () => true : createConditionReader(figure.when).read,
      rules: rules.filter((rule) => isGeneral(rule) || readsField(reader.reads, rule.field)),
    };
  });
}

function createIdentityReader(mapping: MappingSpec, context: MapContext, isMissing: (raw: unknown) => boolean) {
  const framework = createTextReader(mapping.framework, 'framework', 'indicator', isMissing);
  const period = createPeriodOf(mapping.period, isMissing);
  const entity = createEntityReader(mapping.entity, (...key) => context.entityByName(...key), isMissing);
  const publication =
    mapping.publishedAt === undefined ? null : createPublicationReader(mapping.publishedAt, isMissing);
  const deletion = createDeletionReader(mapping.deletedWhen, mapping.action);
  const revision = mapping.revision === undefined ? null : createRevisionReader(mapping.revision, isMissing);

  const read = (scope: Scope): RowIdentity => {
    const periodText = period.read(scope);
    return {
      kind: 'record',
      ...entity.read(scope, periodText),
      frameworkCode: framework.read(scope),
      period: periodText,
      publishedAt: publication?.read(scope) ?? null,
      deleted: deletion.read(scope),
      ...(revision === null ? {} : { revision: revision.read(scope) }),
    };
  };
  const readers = [framework, period, entity, publication, deletion, revision];
  return { read, reads: new Set(readers.flatMap((reader) => [...(reader?.reads ?? [])])) };
}

function createPeriodOf(spec: MappingSpec['period'], isMissing: (raw: unknown) => boolean) {
  const { read: readRaw, reads } = createValueReader(spec);
  const readPeriod = createPeriodReader(spec);
  const read = (scope: Scope): string => {
    const raw = readRaw(scope);
    const text = raw === undefined || isMissing(raw) ? null : readPeriod(raw);
    if (typeof text === 'string') return text;
    if (text !== null) throw new RowProblem('period', text.problem);
    const name = spec.field ?? spec.expression;
    throw new RowProblem('required', `${name}, which says the period, is ${raw === undefined ? 'not there' : 'empty'}`);
  };
  return { read, reads };
}

/** Withdraws the figures of a row that has another key now; a row whose old key cannot be read is rejected beside its figures. */
function createWithdrawal({ replaces }: MappingSpec, context: MapContext, isMissing: (raw: unknown) => boolean) {
  const entity =
    replaces?.entity === undefined
      ? null
      : createEntityReader(replaces.entity, (...key) => context.entityByName(...key), isMissing);
  const period = replaces?.period === undefined ? null : createPeriodOf(replaces.period, isMissing);
  const replacement = createReplacement(replaces?.when, (scope, record) => {
    const before = period?.read(scope) ?? record.period;
    const { codeSystem, entityCode } = entity?.read(scope, before) ?? record;
    return { codeSystem, entityCode, period: before };
  });
  return (scope: Scope, records: readonly RowRecord[]): readonly RowRecord[] => {
    try {
      return replacement(scope, records);
    } catch (error) {
      return [toRejected(error)];
    }
  };
}

function createMissingTest(nullTokens: readonly string[]): (raw: unknown) => boolean {
  // Both forms of each token, so that values need not be normalised.
  const tokens = new Set(
    ['', ...nullTokens].flatMap((token) => [token.normalize('NFC').trim(), token.normalize('NFD').trim()]),
  );
  return (raw) => raw === null || (typeof raw === 'string' && tokens.has(raw.trim()));
}

function attempt(read: () => RowIdentity): RowIdentity | RejectedRecord {
  try {
    return read();
  } catch (error) {
    return toRejected(error);
  }
}

/** Other errors than problems would be bugs; the row is kept in quarantine all the same, and the run goes on. */
function toRejected(error: unknown): RejectedRecord {
  const rule = error instanceof RowProblem ? error.rule : 'expression';
  return { kind: 'rejected', rule, message: describeError(error) };
}

/** A decoder keeps the row as it came and says why it could not read it; a connector of code may only say why. */
function describeMalformed({ _malformed: text, _problem: problem }: JsonObject): RejectedRecord {
  const reason = typeof problem === 'string' && problem !== '' ? problem : text;
  const message = typeof reason === 'string' && reason !== '' ? reason : 'the decoder could not read this row';
  return { kind: 'rejected', rule: 'malformed', message };
}
