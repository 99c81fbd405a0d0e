/** Metrics of a server, parsed. */
export interface ReadMetrics {
  readonly names: readonly string[];
  readonly types: ReadonlyMap<string, string>;
  /** Names of labels. */
  readonly labels: readonly string[];
  /** The value of a series; undefined = there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

/** Reads `/metrics` of a server; fails on a line that is not of Prometheus's text format. */
export async function readMetrics(url: string): Promise<ReadMetrics> {
  const response = await fetch(`${url}/metrics`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  const types = new Map<string, string>();
  const values = new Map<string, number>();
  const names = new Set<string>();
  const labelNames = new Set<string>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const type = /^# TYPE ([a-z0-9_]+) (counter|gauge|histogram|summary)$/.exec(line);
    if (type?.[1] !== undefined && type[2] !== undefined) types.set(type[1], type[2]);
    if (line.startsWith('#')) continue;
    // Values are read as Go's ParseFloat does, which takes NaN in any case: prom-client writes `Nan` for a mean of nothing.
    const series = /^([a-z0-9_]+)(?:\{(.*)\})? (-?[0-9.e+-]+|nan|\+Inf)$/i.exec(line);
    if (series?.[1] === undefined) throw new Error(`not of the format: ${line}`);
    const labels = [...(series[2] ?? '').matchAll(/([a-z0-9_]+)="((?:[^"\\]|\\.)*)",?/g)];
    for (const [, label] of labels) labelNames.add(label ?? '');
    names.add(series[1]);
    values.set(keyOf(series[1], Object.fromEntries(labels.map(([, name, value]) => [name, value]))), Number(series[3]));
  }
  return {
    ...{ names: [...names], types, labels: [...labelNames] },
    value: (name, labels = {}) => values.get(keyOf(name, labels)),
  };
}

function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  return `${name} ${JSON.stringify(Object.entries(labels).sort(([a], [b]) => a.localeCompare(b)))}`;
}
