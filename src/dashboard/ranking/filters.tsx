import { type ReactNode, useId } from 'react';
import type { RoundsQuery } from '../generated/operations.ts';
import { useLanguage, useWords } from '../language.tsx';
import { useIsNarrow } from '../narrow.ts';
import type { Choice } from './choice.ts';
import { MeasureSelect } from './measureSelect.tsx';
import { nameIn, type Round } from './row.ts';
import { RANKING_WORDS } from './text.ts';

type RoundHead = RoundsQuery['rounds']['nodes'][number]['node'];

/** All filters of the ranking and the map; on a phone they are folded, and the fold says what is chosen. */
export function Filters({
  rounds,
  here,
  round,
  group,
  choice,
  choose,
  children,
}: {
  readonly rounds: readonly RoundHead[];
  readonly here: RoundHead;
  /** Null while it is being read. */
  readonly round: Round | null;
  /** Code of the peer group that is shown. */
  readonly group: string;
  readonly choice: Choice;
  readonly choose: (chosen: Partial<Choice>, options?: { replace?: boolean }) => void;
  /** What stands at the end of the line, such as the way to the other view. */
  readonly children: ReactNode;
}) {
  const say = useWords(RANKING_WORDS);
  const { language } = useLanguage();
  const measureId = useId();
  const isNarrow = useIsNarrow();
  const levels = [...new Set(rounds.map(({ level }) => level))];
  const ofLevel = rounds.filter(({ level }) => level === here.level).sort((a, b) => b.year - a.year);
  const regions = regionsOf(round);

  const chooseLevel = (level: RoundHead['level']): void => {
    const others = rounds.filter((each) => each.level === level).sort((a, b) => b.year - a.year);
    const next = others.find(({ year }) => year === here.year) ?? others[0];
    // Measures, groups and regions of another level are others, even under the same code.
    choose({ round: next?.code ?? '', group: '', measure: 'INDEX', region: '', search: '', marked: '' });
  };
  const chooseYear = (next: RoundHead): void => {
    const keepsGroup = next.peerGroups.some(({ code }) => code === choice.group);
    choose({ round: next.code, group: keepsGroup ? choice.group : '', marked: '' });
  };
  const fields = (
    <search className="filters ranking-filters">
      <Segments
        label={say('level')}
        options={levels.map((level) => ({ key: level, label: say(`level_${level}`), isOn: level === here.level }))}
        choose={(key) => chooseLevel(key as RoundHead['level'])}
      />
      <Segments
        label={say('year')}
        options={ofLevel.map(({ code, year, status }) => ({
          key: code,
          label: status === 'OPEN' ? say('yearOpen', { year }) : String(year),
          isOn: code === here.code,
        }))}
        choose={(key) => {
          const next = ofLevel.find(({ code }) => code === key);
          if (next !== undefined) chooseYear(next);
        }}
      />
      {here.peerGroups.length < 2 ? null : (
        <Segments
          label={say('group')}
          options={here.peerGroups.map((each) => ({
            key: each.code,
            label: nameIn(language, each),
            isOn: each.code === group,
          }))}
          choose={(key) => choose({ group: key })}
        />
      )}
      <label className="filter-measure" htmlFor={measureId}>
        {say('measure')}
        <MeasureSelect
          id={measureId}
          measures={round?.framework.measures ?? []}
          value={choice.measure}
          onChange={(measure) => choose({ measure })}
        />
      </label>
      {regions.length === 0 ? null : (
        <label>
          {say('region')}
          <select value={choice.region} onChange={(event) => choose({ region: event.target.value })}>
            <option value="">{say('allRegions')}</option>
            {regions.map((region) => (
              <option key={region.code} value={region.code}>
                {nameIn(language, region)}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        {say('search')}
        <input
          type="search"
          value={choice.search}
          placeholder={say(here.level === 'MINISTRY' ? 'searchHintMinistry' : 'searchHint')}
          onChange={(event) => choose({ search: event.target.value }, { replace: true })}
        />
      </label>
      <span className="other-view">{children}</span>
    </search>
  );
  if (!isNarrow) return fields;
  const measure = round?.framework.measures.find(({ code }) => code === choice.measure);
  const chosen = [
    say(`level_${here.level}`),
    here.status === 'OPEN' ? say('yearOpen', { year: here.year }) : here.year,
    ...(here.peerGroups.length < 2 ? [] : here.peerGroups.filter(({ code }) => code === group)).map((each) =>
      nameIn(language, each),
    ),
    measure === undefined ? '' : nameIn(language, measure),
    ...regions.filter(({ code }) => code === choice.region).map((each) => nameIn(language, each)),
    choice.search === '' ? '' : `“${choice.search}”`,
  ].filter((each) => each !== '');
  return (
    <details className="filters-fold">
      <summary>
        <strong>{say('filters')}:</strong> {chosen.join(', ')}
      </summary>
      {fields}
    </details>
  );
}

function regionsOf(round: Round | null) {
  const byCode = new Map(round?.entities.flatMap(({ region }) => (region ? [[region.code, region] as const] : [])));
  return [...byCode.values()];
}

/** A few choices side by side, of which one holds. */
function Segments({
  label,
  options,
  choose,
}: {
  readonly label: string;
  readonly options: readonly { readonly key: string; readonly label: string; readonly isOn: boolean }[];
  readonly choose: (key: string) => void;
}) {
  return (
    <fieldset className="segments">
      <legend>{label}</legend>
      <div>
        {options.map(({ key, label: each, isOn }) => (
          <button key={key} type="button" aria-pressed={isOn} onClick={() => choose(key)}>
            {each}
          </button>
        ))}
      </div>
    </fieldset>
  );
}
