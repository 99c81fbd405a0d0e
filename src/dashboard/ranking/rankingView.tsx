import { useState } from 'react';
import { useQuery, useSubscription } from 'urql';
import { useAddress } from '../address.ts';
import { RankingLiveDocument, type RankingLiveSubscription, RoundsDocument } from '../generated/operations.ts';
import { useFormats, useLanguage } from '../language.tsx';
import { Failure, Waiting } from '../parts/asyncState.tsx';

type Row = RankingLiveSubscription['rankingUpdates']['rows'][number];

/** The ranking of one peer group, live. */
export default function RankingView() {
  const [{ data, error }, retry] = useQuery({ query: RoundsDocument });
  const [round, setRound] = useAddress('round', '');
  if (error && !data) return <Failure error={error} retry={retry} />;
  if (!data) return <Waiting />;
  const rounds = data.rounds.nodes.map(({ node }) => node);
  const code = round === '' ? (rounds.at(-1)?.code ?? '') : round;
  return (
    <>
      <h1>{code}</h1>
      <select aria-label={code} value={code} onChange={(event) => setRound(event.target.value)}>
        {rounds.map((each) => (
          <option key={each.code}>{each.code}</option>
        ))}
      </select>
      <Live key={code} round={code} />
    </>
  );
}

function Live({ round }: { readonly round: string }) {
  const { language } = useLanguage();
  const { score, share } = useFormats();
  const [rows, setRows] = useState<ReadonlyMap<string, Row>>(new Map());
  useSubscription({ query: RankingLiveDocument, variables: { round } }, (_previous, event) => {
    const { rankingUpdates } = event;
    setRows((before) => {
      const after = new Map(rankingUpdates.complete ? [] : before);
      for (const row of rankingUpdates.rows) after.set(row.entity.id, row);
      return after;
    });
    return event;
  });
  const sorted = [...rows.values()].sort((a, b) => (a.rank ?? 1e9) - (b.rank ?? 1e9));
  return (
    <table>
      <tbody>
        {sorted.map((row) => (
          <tr key={row.entity.id}>
            <td className="number">{row.rank}</td>
            <th>{language === 'vi' ? row.entity.name_vi : row.entity.name_en}</th>
            <td className="number">{score(row.value)}</td>
            <td className="number">{share(row.score?.automaticShare)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
