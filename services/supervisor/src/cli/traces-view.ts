import { isOwnAppName } from '@cordon/shared/contracts'
import type { SpanRecord } from '@cordon/shared/telemetry'
import type { Palette } from './palette.ts'

/**
 * Format the newest `count` traces, oldest first, each span below the one that it is part of.
 *
 * Streams of Cordon's own apps that belong to nothing else are left out: the clock has more of them than everybody.
 */
export function formatTraces(spans: readonly SpanRecord[], count: number, palette: Palette): string {
  const traces = Map.groupBy(spans, ({ traceId }) => traceId)
  const worthy = [...traces.values()].filter(trace => !trace.every(isOwnStream))
  if (worthy.length === 0) return 'Nothing was traced yet.\n'
  const sorted = worthy.toSorted((a, b) => startOf(a).localeCompare(startOf(b)))
  return sorted
    .slice(-count)
    .map(trace => `${formatTrace(trace, palette).join('\n')}\n`)
    .join('\n')
}

const isOwnStream = ({ name, attributes }: SpanRecord): boolean =>
  name === 'gateway.stream' && isOwnAppName(String(attributes['app']))

const startOf = (trace: readonly SpanRecord[]): string => trace.map(({ startedAt }) => startedAt).toSorted()[0] ?? ''

function formatTrace(trace: readonly SpanRecord[], palette: Palette): readonly string[] {
  const ids = new Set(trace.map(({ spanId }) => spanId))
  // The parent of a first span may be of another part, or have fallen out of its ring.
  const firsts = trace.filter(({ parentSpanId }) => parentSpanId === null || !ids.has(parentSpanId))
  const head = `${startOf(trace)} ${palette('quiet', trace[0]?.traceId ?? '')}`
  return [head, ...firsts.flatMap(span => formatSpan(span, trace, '  ', palette))]
}

function formatSpan(span: SpanRecord, trace: readonly SpanRecord[], indent: string, palette: Palette): string[] {
  const attributes = Object.entries(span.attributes).map(([key, value]) => ` ${key}=${value}`)
  const line = `${indent}${span.name} ${span.durationMs.toFixed(1)} ms ${palette('quiet', `${span.part}${attributes.join('')}`)}`
  const inner = trace.filter(({ parentSpanId }) => parentSpanId === span.spanId)
  return [line, ...inner.flatMap(one => formatSpan(one, trace, `${indent}  `, palette))]
}
