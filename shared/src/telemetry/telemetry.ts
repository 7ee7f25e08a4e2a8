import type { Attributes } from './attributes.ts'
import type { CounterName, GaugeName, HistogramName, InstrumentAttributeKey } from './instruments.ts'
import type { LogFieldKey, LogKey } from './log-lines.ts'
import type { LogRecord, SpanRecord } from './records.ts'
import type { SpanAttributeKey, SpanName } from './spans.ts'
import type { SpanContext } from './trace-parent.ts'

/** A span that runs. Exactly one of `end` and `fail` ends it; what is set later is lost. */
export interface Span<N extends SpanName = SpanName> {
  readonly context: SpanContext
  set(attributes: Attributes<SpanAttributeKey<N>>): void
  end(attributes?: Attributes<SpanAttributeKey<N>>): void
  /** End with outcome `failed` and, if a Fault was thrown, its code. */
  fail(thrown: unknown): void
}

/** One reading of a gauge. */
export interface Reading<N extends GaugeName> {
  readonly value: number
  readonly attributes?: Attributes<InstrumentAttributeKey<N>>
}

export interface SpanOptions<N extends SpanName> {
  /** The span that this one is part of. It is always named; there is no ambient one that could leak outwards. */
  readonly parent?: SpanContext | undefined
  readonly attributes?: Attributes<SpanAttributeKey<N>>
}

/**
 * All that a part says of itself. No method throws, blocks or waits for a collector, whatever state that is in.
 *
 * An attribute that is not on the allow-list is left out and counted (`cordon.telemetry.refused`); in strict mode,
 * which tests use, it throws.
 */
export interface Telemetry {
  startSpan<N extends SpanName>(name: N, options?: SpanOptions<N>): Span<N>
  count<N extends CounterName>(name: N, attributes?: Attributes<InstrumentAttributeKey<N>>, by?: number): void
  measure<N extends HistogramName>(name: N, value: number, attributes?: Attributes<InstrumentAttributeKey<N>>): void
  /** Read a gauge with `read` whenever somebody asks for the metrics. */
  observe<N extends GaugeName>(name: N, read: () => Iterable<Reading<N>>): void
  /** Log a line of the catalogue, with what was thrown, if anything, as far as it may be said. */
  log<K extends LogKey>(key: K, fields?: Attributes<LogFieldKey<K>>, thrown?: unknown): void
  /** The spans still in memory, oldest first. */
  spans(): readonly SpanRecord[]
  /** The lines still in memory, oldest first. */
  lines(): readonly LogRecord[]
  /** The metrics in the text format of Prometheus. */
  metrics(): Promise<string>
  /** Write what was held back, and give the collector, if any, a moment to take what is queued. */
  close(): Promise<void>
}
