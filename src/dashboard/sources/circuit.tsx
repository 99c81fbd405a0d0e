import { useQuery } from 'urql';
import { HostsDocument } from '../generated/operations.ts';
import { useFormats, useWords } from '../language.tsx';
import { useViewer } from '../viewer.tsx';
import { Badge } from './badge.tsx';
import { SOURCE_WORDS } from './text.ts';

/** Hosts that failed or are limited, for those who may see them. */
export function CircuitNotice() {
  const say = useWords(SOURCE_WORDS);
  const { number, time } = useFormats();
  const { mayReadHosts } = useViewer();
  const [{ data }] = useQuery({ query: HostsDocument, pause: !mayReadHosts });
  if (!mayReadHosts || data === undefined || data.hosts.length === 0) return null;
  return (
    <details className="hosts" open={data.hosts.some(({ circuit }) => circuit !== 'CLOSED')}>
      <summary>{say('hosts', { count: data.hosts.length })}</summary>
      <p className="help">{say('hostsHelp')}</p>
      <ul>
        {data.hosts.map(({ host, circuit, failures, openUntil, requestsPerSecond, maxConcurrent }) => (
          <li key={host}>
            <code>{host}</code> <Badge name={circuit} />{' '}
            {failures === 0 ? null : say('failuresInARow', { count: number(failures, 0) })}{' '}
            {openUntil === null ? null : say('openUntil', { time: time(openUntil) })}{' '}
            {requestsPerSecond === null ? null : say('perSecond', { count: number(requestsPerSecond) })}{' '}
            {maxConcurrent === null ? null : say('atOnce', { count: number(maxConcurrent, 0) })}
          </li>
        ))}
      </ul>
    </details>
  );
}
