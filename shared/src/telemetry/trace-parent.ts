/** Where a span belongs: its trace and itself. What travels between parts, as a W3C `traceparent`. */
export interface SpanContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
}

// W3C Trace Context section 3.2: version "-" trace-id "-" parent-id "-" trace-flags. Only version 00 has no more
// fields, and only our parts write it, so nothing else is read.
const TRACE_PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/
const ZEROES = /^0+$/

/** Read a `traceparent`, or return undefined: what is malformed starts a new trace (section 3.2.2.5). */
export function parseTraceParent(text: unknown): SpanContext | undefined {
  const [, traceId = '', spanId = ''] = (typeof text === 'string' && TRACE_PARENT.exec(text)) || []
  if (ZEROES.test(`${traceId}`) || ZEROES.test(spanId) || traceId === '') return undefined
  return { traceId, spanId }
}

/**
 * Write a `traceparent`, always with the flag `sampled`.
 *
 * It goes into job metadata and the requests of the parts' own APIs. It never goes through an app port.
 */
export const formatTraceParent = ({ traceId, spanId }: SpanContext): string => `00-${traceId}-${spanId}-01`
