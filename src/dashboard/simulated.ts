import { useQuery } from 'urql';
import { SimulatedDocument } from './generated/operations.ts';

/**
 * Whether figures come from simulated sources. Until it is known otherwise they do: nobody may take simulated figures for real ones, not even for a
 * moment.
 */
export function useSimulated(): boolean {
  const [{ data }] = useQuery({ query: SimulatedDocument, requestPolicy: 'cache-first' });
  return data === undefined || data.sources.totalCount > 0;
}
