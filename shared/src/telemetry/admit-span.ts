import { fits } from '../schema/index.ts'
import { fitsAttribute } from './attributes.ts'
import { SPAN_RECORD, type SpanRecord } from './records.ts'
import { SPANS, type SpanName } from './spans.ts'
import { parseTraceParent } from './trace-parent.ts'

/** No command of ours takes longer. Arbitrary. */
const LONGEST_MS = 86_400_000

/**
 * Read a span that another process hands over as one of `part`; undefined unless the allow-list knows it to the last
 * attribute. What is handed over is kept and shown, so it gets no word in that this process could not say itself.
 */
export function admitSpan(value: unknown, part: string): SpanRecord | undefined {
  if (!fits(SPAN_RECORD, value) || value.part !== part || !isSpanName(value.name)) return undefined
  const { traceId, spanId, parentSpanId, durationMs, startedAt, attributes } = value
  const isTraced = [spanId, ...(parentSpanId === null ? [] : [parentSpanId])].every(id => isContext(traceId, id))
  const allowed: readonly string[] = SPANS[value.name]
  const entries = Object.entries(attributes)
  const areAllowed = entries.every(([key, one]) => allowed.includes(key) && fitsAttribute(key as never, one))
  if (!isTraced || !areAllowed || durationMs > LONGEST_MS || Number.isNaN(Date.parse(startedAt))) return undefined
  // Named one by one: a field that the schema does not know is not kept either.
  return { part, name: value.name, traceId, spanId, parentSpanId, startedAt, durationMs, attributes }
}

const isSpanName = (name: string): name is SpanName => Object.hasOwn(SPANS, name)

const isContext = (traceId: string, spanId: string): boolean =>
  parseTraceParent(`00-${traceId}-${spanId}-01`) !== undefined
