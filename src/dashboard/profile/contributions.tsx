import { useFormats, useLanguage, useName, useWords } from '../language.tsx';
import { Scroll } from '../parts/scroll.tsx';
import type { ExplainedScore } from './entity.ts';
import type { Figure } from './figures.ts';
import { useWhy } from './way.ts';
import { WHY_WORDS } from './whyText.ts';

/** Scores are whole numbers of this. */
const QUANTUM = 1e12;

/**
 * What a score is made of: each part as a bar within what it could be, and their sum, which is the score to the last digit. Parts open their own
 * explanation.
 */
export function Contributions({
  score,
  figures,
}: {
  readonly score: ExplainedScore;
  readonly figures: ReadonlyMap<string, Figure>;
}) {
  const say = useWords(WHY_WORDS);
  const name = useName();
  const { score: format } = useFormats();
  const { language } = useLanguage();
  const { open } = useWhy();
  const title = figures.get(score.measure.code)?.measure;
  if (score.value === null || score.contributions.length === 0) return <p className="soft">{say('noValue')}</p>;
  const parts = score.contributions.flatMap(({ value, measure }) => {
    const figure = figures.get(measure.code);
    return figure === undefined ? [] : [{ value, figure, possible: possibleOf(value, figure, score.maxPoints) }];
  });
  const widest = Math.max(...parts.map(({ possible }) => possible), Number.EPSILON);
  const sum = score.contributions.reduce((total, { value }) => total + Math.round(value * QUANTUM), 0);
  const isExact = sum === Math.round(score.value * QUANTUM);
  const exact = (value: number): string =>
    value.toLocaleString(language === 'vi' ? 'vi-VN' : 'en-GB', { minimumFractionDigits: 12 });
  return (
    <Scroll label={title ? say('partsOf', { name: name(title) }) : ''}>
      <table className="contributions">
        <caption>{title ? say('partsOf', { name: name(title) }) : ''}</caption>
        <thead>
          <tr>
            <th>{say('part')}</th>
            <th className="contributions-bar">
              {say('contribution')} <span className="soft">{say('ofPossible')}</span>
            </th>
            <th className="number">{say('contribution')}</th>
            <th className="number">{say('value')}</th>
            <th className="number">{say('rank')}</th>
          </tr>
        </thead>
        <tbody>
          {parts.map(({ value, figure, possible }) => (
            <tr key={figure.measure.code}>
              <th scope="row">
                <button type="button" className="quiet" onClick={() => open(figure.measure.code)}>
                  {name(figure.measure)}
                </button>
                {figure.measure.maxPoints === 0 ? <span className="soft"> {say('unscored')}</span> : null}
                <span className="contributions-below">
                  <Bar value={value} possible={possible} widest={widest} />
                </span>
              </th>
              <td className="contributions-bar">
                <Bar value={value} possible={possible} widest={widest} />
              </td>
              <td className="number">{format(value)}</td>
              <td className="number">{format(figure.value)}</td>
              <td className="number">{figure.rank ?? '–'}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{say('sum')}</th>
            <td className="contributions-bar">
              <span className="bar-sum" aria-hidden="true">
                {parts.map(({ value, figure }) => (
                  <span
                    key={figure.measure.code}
                    style={{ inlineSize: `${100 * value}%` }}
                    title={name(figure.measure)}
                  />
                ))}
              </span>
            </td>
            <td className="number" colSpan={3}>
              <strong>{exact(sum / QUANTUM)}</strong>
              <br />
              <span className="soft">{say(isExact ? 'sumEquals' : 'sumDiffers', { value: exact(score.value) })}</span>
            </td>
          </tr>
        </tfoot>
      </table>
    </Scroll>
  );
}

/** What a part adds, within what it could add; the figures stand beside it. */
function Bar({
  value,
  possible,
  widest,
}: {
  readonly value: number;
  readonly possible: number;
  readonly widest: number;
}) {
  return (
    <span className="bar-possible" aria-hidden="true" style={{ inlineSize: `${(100 * possible) / widest}%` }}>
      <span style={{ inlineSize: `${possible === 0 ? 0 : (100 * value) / possible}%` }} />
    </span>
  );
}

/** What a part could add at most: what it adds, divided by how much of itself was earned; without a value its share of the points. */
function possibleOf(value: number, { value: earned, measure }: Figure, maxPoints: number): number {
  if (earned !== null && earned > 0) return value / earned;
  return maxPoints === 0 ? 0 : measure.maxPoints / maxPoints;
}
