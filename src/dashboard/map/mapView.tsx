import { Standing } from '../ranking/standing.tsx';

/** Provinces on a map, with the ranking in short beside it. */
export default function MapView() {
  return <Standing leads="map" />;
}
