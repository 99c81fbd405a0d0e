import { useLanguage, useWords } from '../language.tsx';
import { type Measure, nameIn } from './row.ts';
import { RANKING_WORDS } from './text.ts';

/** All measures of a framework, grouped by what they are; indicators by the main index that they count in. */
export function MeasureSelect({
  id,
  measures,
  value,
  onChange,
}: {
  readonly id: string;
  readonly measures: readonly Measure[];
  readonly value: string;
  readonly onChange: (measure: string) => void;
}) {
  const say = useWords(RANKING_WORDS);
  const { language } = useLanguage();
  const main = measures.filter(({ kind }) => kind === 'MAIN_INDEX');
  const groups = [
    { label: say('measureIndex'), members: measures.filter(({ kind }) => kind === 'INDEX') },
    { label: say('measurePillars'), members: measures.filter(({ kind }) => kind === 'PILLAR') },
    { label: say('measureMain'), members: main },
    ...main.map((parent) => {
      const members = measures.filter(
        ({ kind, parents }) => kind === 'INDICATOR' && parents.some(({ code }) => code === parent.code),
      );
      const isIllustrative = members.some(({ certainty }) => certainty === 'ILLUSTRATIVE');
      return {
        label: say(isIllustrative ? 'measureIllustrative' : 'measureIndicators', { name: nameIn(language, parent) }),
        members,
      };
    }),
  ].filter(({ members }) => members.length > 0);
  const isKnown = measures.some(({ code }) => code === value);
  return (
    <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
      {isKnown ? null : <option value={value}>{value}</option>}
      {groups.map(({ label, members }) => (
        <optgroup key={label} label={label}>
          {members.map((measure) => (
            <option key={measure.code} value={measure.code}>
              {nameIn(language, measure)}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
  );
}
