import { useFormats, useLanguage, useWords } from '../language.tsx';
import { Candidate, type CandidateFact, FigureText } from './candidate.tsx';
import type { ExplainedScore } from './entity.ts';
import { Losers } from './losers.tsx';
import { WHY_WORDS } from './whyText.ts';

/** Why an indicator is what it is: points, rule, the chosen figure, where it comes from, and the figures that were not chosen. */
export function Indicator({ score }: { readonly score: ExplainedScore }) {
  const say = useWords(WHY_WORDS);
  const { score: format, number, share } = useFormats();
  const { provenance, measure } = score;
  const chosen = provenance?.candidates.find(({ accepted }) => accepted);
  const losers = provenance?.candidates.filter(({ accepted }) => !accepted) ?? [];
  return (
    <>
      <ol className="why-steps">
        <li>
          <h3>{say('step_score')}</h3>
          <p>
            {score.value === null
              ? say('noValue')
              : say('points', {
                  points: number(score.points, 4),
                  max: number(score.maxPoints),
                  value: format(score.value),
                })}
          </p>
        </li>
        <li>
          <h3>{say('step_rule')}</h3>
          <Rule measure={measure} />
          {chosen === undefined ? null : <Counts measure={measure} chosen={chosen} />}
          {measure.certainty === 'ILLUSTRATIVE' || measure.nameCertainty === 'ILLUSTRATIVE' ? (
            <p>
              <span className="mark">{say('illustrative')}</span>{' '}
              {measure.certainty === 'ILLUSTRATIVE' ? say('illustrativeRule') : ''}{' '}
              {measure.nameCertainty === 'ILLUSTRATIVE' ? say('illustrativeName') : ''}
            </p>
          ) : null}
        </li>
        {provenance === null ? null : (
          <li>
            <h3>{say('step_merge')}</h3>
            <p>
              {chosen === undefined ? null : (
                <strong className="why-figure">
                  <FigureText of={chosen.observation} />
                </strong>
              )}{' '}
              {say(provenance.reason)}{' '}
              <span className="soft">
                <code>{provenance.reason}</code> · {say('policy', provenance.policy)}
              </span>
            </p>
            {provenance.discrepancy === null ? null : (
              <p className="profile-caution">
                {say('discrepancy', { difference: share(provenance.discrepancy.relativeDifference) })}
              </p>
            )}
          </li>
        )}
        {chosen === undefined ? null : (
          <li>
            <h3>{say('step_source')}</h3>
            <Candidate observation={chosen.observation} />
          </li>
        )}
      </ol>
      <Losers losers={losers} />
    </>
  );
}

function Rule({ measure }: { readonly measure: ExplainedScore['measure'] }) {
  const say = useWords(WHY_WORDS);
  const { number, share } = useFormats();
  const { rule, direction } = measure;
  if (rule === null) return null;
  const tiers = rule.tiers
    .map(({ atLeast, share: part }) => say('tier', { atLeast: number(atLeast), share: share(part) }))
    .join('; ');
  return (
    <p>
      {say(`rule_${rule.kind}`, { target: number(rule.target, 4), scale: number(rule.scale), tiers })}{' '}
      <code className="soft">{rule.kind}</code> {direction === -1 ? say('worse') : ''}
    </p>
  );
}

function Counts({ measure, chosen }: { readonly measure: ExplainedScore['measure']; readonly chosen: CandidateFact }) {
  const { number } = useFormats();
  const { numerator, denominator } = chosen.observation;
  const { numerator_vi, numerator_en, denominator_vi, denominator_en } = measure;
  if (numerator === null || denominator === null || numerator_en === null || denominator_en === null) return null;
  return (
    <p>
      {number(Number(numerator), 4)} ÷ {number(Number(denominator), 4)}{' '}
      <span className="soft">
        (<Label vi={numerator_vi} en={numerator_en} /> ÷ <Label vi={denominator_vi} en={denominator_en} />)
      </span>
    </p>
  );
}

/** A label of a framework in the chosen language; where there is English only, the graph says that twice, and it is marked as such. */
function Label({ vi, en }: { readonly vi: string | null; readonly en: string }) {
  const { language } = useLanguage();
  if (language === 'vi' && vi !== null && vi !== en) return vi;
  return <span lang="en">{en}</span>;
}
