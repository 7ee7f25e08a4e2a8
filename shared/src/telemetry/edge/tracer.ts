import { type Context, ROOT_CONTEXT, type Span as SdkSpan, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import { type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { AllowList, Attributes, Span, SpanAttributeKey, SpanContext, SpanName, SpanOptions } from '../index.ts'
import { describeError, SPANS, TraceOwners } from '../index.ts'

/**
 * Starts spans through the allow-list.
 *
 * No provider, propagator or context is registered globally, so nothing of ours or of a library's can put a trace
 * header on a request by itself. sdk-trace, and not sdk-trace-base, because the latter obeys OTEL_* variables.
 */
export class Tracer {
  readonly #allowList: AllowList
  readonly #owners = new TraceOwners()
  readonly #provider: TracerProvider
  readonly #tracer: ReturnType<TracerProvider['getTracer']>

  constructor(resource: Resource, allowList: AllowList, spanProcessors: SpanProcessor[]) {
    this.#allowList = allowList
    this.#provider = new TracerProvider({ resource, spanProcessors })
    this.#tracer = this.#provider.getTracer('cordon')
  }

  startSpan<N extends SpanName>(name: N, { parent, attributes }: SpanOptions<N>): Span<N> {
    const span = this.#tracer.startSpan(name, {}, parent === undefined ? ROOT_CONTEXT : contextOf(parent))
    const set = (given: Attributes<SpanAttributeKey<N>>): void => this.#set(span, name, given)
    if (attributes !== undefined) set(attributes)
    const { traceId, spanId } = span.spanContext()
    return {
      context: { traceId, spanId },
      set,
      end: given => {
        if (given !== undefined) set(given)
        span.end()
      },
      fail: thrown => {
        this.#set(span, name, { outcome: 'failed', fault: describeError(thrown).fault })
        span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      },
    }
  }

  #set(span: SdkSpan, name: SpanName, given: Attributes): void {
    const admitted = this.#allowList.admit(SPANS[name], given)
    if (admitted['app'] !== undefined && !this.#owners.admit(span.spanContext().traceId, String(admitted['app']))) {
      delete admitted['app']
      this.#allowList.refuse('second-app', 'app')
    }
    span.setAttributes(admitted)
  }

  close(): Promise<void> {
    return this.#provider.shutdown()
  }
}

const contextOf = (parent: SpanContext): Context =>
  trace.setSpanContext(ROOT_CONTEXT, { ...parent, traceFlags: TraceFlags.SAMPLED, isRemote: true })
