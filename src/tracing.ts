import type { Attributes, Context } from '@opentelemetry/api';
import type { SpanAttributes, TraceSpan, Tracing } from './domain/trace.js';

/** Longest wait for the receiver when the process ends. */
const GOODBYE_MS = 2_000;

/**
 * Sends traces by OTLP over HTTP. The SDK is loaded only here, so that a process without traces neither holds nor runs any of it.
 * @param endpoint address of the receiver, `/v1/traces` is added
 * @param role what the process does, for the resource
 * @param delayMs longest time that spans wait to be sent together
 */
export async function openTracing(endpoint: string, role: string, delayMs = 5_000): Promise<Tracing> {
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: GOODBYE_MS,
  });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'dti-graph', 'dti.role': role }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: delayMs, maxQueueSize: 4096 })],
  });
  const tracer = provider.getTracer('dti-graph');

  const begin = (name: string, attributes: SpanAttributes, parent: Context): TraceSpan => {
    // What a client asks for, by a request or by a message of its socket; not the platform's own work.
    const isAsked =
      attributes['http.route'] !== undefined ||
      (parent === api.ROOT_CONTEXT && attributes['graphql.operation.type'] !== undefined);
    const kind = isAsked ? api.SpanKind.SERVER : api.SpanKind.INTERNAL;
    const span = tracer.startSpan(name, { kind, attributes: attributes as Attributes }, parent);
    return {
      child: (childName, childAttributes) =>
        begin(childName, childAttributes, api.trace.setSpan(api.ROOT_CONTEXT, span)),
      set: (more) => void span.setAttributes(more as Attributes),
      end(failure) {
        if (failure !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR, message: failure });
        span.end();
      },
    };
  };
  return {
    begin(name, attributes, traceparent = '') {
      const [, traceId = '', spanId = '', flags = '0'] =
        /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent) ?? [];
      const remote = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
      const parent = api.isSpanContextValid(remote)
        ? api.trace.setSpanContext(api.ROOT_CONTEXT, remote)
        : api.ROOT_CONTEXT;
      return begin(name, attributes, parent);
    },
    async close() {
      await provider.shutdown().catch(() => undefined);
    },
  };
}
