/** What a span says of itself: never documents, variables, values of sources, or who asked. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

/** Something that takes time, as part of a trace. */
export interface TraceSpan {
  /** Begins a part of it. */
  child(name: string, attributes: SpanAttributes): TraceSpan;
  set(attributes: SpanAttributes): void;
  /** @param failure code of what went wrong; absent = nothing did */
  end(failure?: string): void;
}

/** Where spans go; see `openTracing`. */
export interface Tracing {
  /** @param traceparent header of W3C Trace Context; what is no such header begins a trace of its own */
  begin(name: string, attributes: SpanAttributes, traceparent?: string): TraceSpan;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** What a span of a failure says: the code of a known one. */
export function failureOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return error instanceof Error && typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR';
}

/**
 * Does what a span tells of, and ends it.
 * @param span absent = nobody traces
 */
export async function inSpan<Result>(span: TraceSpan | undefined, work: () => Promise<Result>): Promise<Result> {
  try {
    const result = await work();
    span?.end();
    return result;
  } catch (error) {
    span?.end(failureOf(error));
    throw error;
  }
}
