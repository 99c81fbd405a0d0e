import { Link } from 'wouter';
import { useFormats, useName, useWords } from '../language.tsx';
import { Scroll } from '../parts/scroll.tsx';
import type { Group, NamedGroup } from './group.ts';
import { REGION_WORDS } from './text.ts';

const FIGURES = ['median', 'average', 'low', 'high', 'min', 'max'] as const;

/** The statistics of each group, in a frame that scrolls. */
export function GroupTable({
  groups,
  title,
  by,
}: {
  readonly groups: readonly NamedGroup[];
  readonly title: string;
  readonly by: string;
}) {
  return (
    <Scroll label={title}>
      <FigureTable groups={groups} by={by} />
    </Scroll>
  );
}

/** The statistics of each group as a table; who is first and last leads to the profile. */
export function FigureTable({ groups, by }: { readonly groups: readonly NamedGroup[]; readonly by: string }) {
  const say = useWords(REGION_WORDS);
  const { score } = useFormats();
  return (
    <table className="groups">
      <thead>
        <tr>
          <th>{by}</th>
          <th className="number">{say('count')}</th>
          {FIGURES.map((figure) => (
            <th key={figure} className="number">
              {say(figure)}
            </th>
          ))}
          <th>{say('best')}</th>
          <th>{say('worst')}</th>
        </tr>
      </thead>
      <tbody>
        {groups.map(({ key, label, group }) => (
          <tr key={key}>
            <th scope="row">{label}</th>
            <td className="number">
              {group.count}
              {group.missing > 0 ? <small className="soft"> {say('missing', { count: group.missing })}</small> : null}
            </td>
            {FIGURES.map((figure) => (
              <td key={figure} className="number">
                {score(group.value[figure])}
              </td>
            ))}
            <td>
              <End of={group.best} />
            </td>
            <td>
              <End of={group.worst} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function End({ of }: { readonly of: Group['best'] }) {
  const name = useName();
  if (of === null) return '–';
  const { entity, round } = of;
  return <Link href={`/entity/${entity.codeSystem}/${entity.code}?round=${round.code}`}>{name(entity)}</Link>;
}
