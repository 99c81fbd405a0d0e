import { Standing } from './standing.tsx';

/** The ranking of one peer group, live: the table leads, the map is beside it where there is room. */
export default function RankingView() {
  return <Standing leads="table" />;
}
