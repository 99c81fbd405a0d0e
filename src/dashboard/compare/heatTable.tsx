import { useFormats, useName, useWords } from '../language.tsx';
import type { Chosen, ComparisonData } from './series.ts';
import { COMPARE_WORDS } from './text.ts';

type Measure = NonNullable<ComparisonData['round']>['framework']['measures'][number];
type Result = ComparisonData['scores']['edges'][number]['node'];

/** So many have room for values and ranks in one line. */
const FEW = 4;

/** The index, its pillars and main indexes, in framework order. */
export function comparedMeasures(data: ComparisonData): readonly Measure[] {
  return (data.round?.framework.measures ?? []).filter(({ kind, maxPoints }) => kind !== 'INDICATOR' && maxPoints > 0);
}

/** Results by id of the entity and code of the measure, with a space between them. */
export function resultsOf(data: ComparisonData): ReadonlyMap<string, Result> {
  return new Map(data.scores.edges.map(({ node }) => [`${node.entity.id} ${node.measure.code}`, node]));
}

/** Values and ranks; the fuller the ground of a cell, the higher its value; the highest of a row is marked. */
export function HeatTable({ data, chosen }: { readonly data: ComparisonData; readonly chosen: readonly Chosen[] }) {
  const measures = comparedMeasures(data);
  const results = resultsOf(data);
  const say = useWords(COMPARE_WORDS);
  const name = useName();
  const { score } = useFormats();
  return (
    <table className={chosen.length > FEW ? 'heat' : 'heat is-few'}>
      <thead>
        <tr>
          <th>{say('of')}</th>
          {chosen.map(({ entity, key, colour, glyph }) => (
            <th key={key} className="number">
              <span aria-hidden="true" style={{ color: colour }}>
                {glyph}
              </span>{' '}
              {name(entity)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {measures.map((measure) => {
          const row = chosen.map(({ entity, key }) => ({ key, result: results.get(`${entity.id} ${measure.code}`) }));
          const best = Math.max(...row.map(({ result }) => result?.value ?? -1));
          return (
            <tr key={measure.code}>
              <th scope="row">{name(measure)}</th>
              {row.map(({ key, result }) => (
                <td
                  key={key}
                  className="number"
                  style={{
                    background: `color-mix(in srgb, var(--accent-soft) ${Math.round(100 * (result?.value ?? 0))}%, transparent)`,
                  }}
                >
                  {result?.value != null && result.value === best && row.length > 1 ? (
                    <strong title={say('best')}>▲&nbsp;{score(result.value)}</strong>
                  ) : (
                    score(result?.value)
                  )}{' '}
                  <small className="soft">{result?.rank == null ? '–' : say('rank', { rank: result.rank })}</small>
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
