import { randomBytes } from 'node:crypto'
import { monotonicNow } from '../../runtime/edge/index.ts'
import { AllowList } from '../allow-list.ts'
import type { Attributes } from '../attributes.ts'
import { describeError } from '../described-error.ts'
import type { SpanRecord } from '../records.ts'
import { SPANS, type SpanName } from '../spans.ts'
import type { Span, SpanOptions } from '../telemetry.ts'
import { SpanStore } from './span-store.ts'

/** Records spans in memory, and keeps those that others hand over. */
export interface SpanRecorder {
  startSpan<N extends SpanName>(name: N, options?: SpanOptions<N>): Span<N>
  keep(span: SpanRecord): void
  /** What is kept, oldest first. */
  spans(): readonly SpanRecord[]
}

/**
 * Open a recorder for a process that does not load OpenTelemetry: for the supervisor that would be a fifth of a second
 * of every start, and 20 MB, for a handful of spans. Nothing of it goes to a collector.
 */
export function openSpanRecorder(part: string): SpanRecorder {
  const allowList = new AllowList({ strict: true, onRefused: () => {} })
  const store = new SpanStore(part)
  return {
    startSpan: (name, { parent, attributes = {} } = {}) => {
      const context = {
        traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
        spanId: randomBytes(8).toString('hex'),
      }
      const [startedAtMs, startedAt, place] = [Date.now(), monotonicNow(), store.nextPlace()]
      const held: Record<string, string | number> = {}
      const set = (given: Attributes): void => void Object.assign(held, allowList.admit(SPANS[name], given))
      const end = (given: Attributes = {}): void => {
        set(given)
        const durationMs = monotonicNow() - startedAt
        store.keep({
          part,
          name,
          ...context,
          parentSpanId: parent?.spanId ?? null,
          startedAtMs,
          place,
          durationMs,
          attributes: held,
        })
      }
      set(attributes)
      return { context, set, end, fail: thrown => end({ outcome: 'failed', fault: describeError(thrown).fault }) }
    },
    keep: ({ startedAt, ...span }) =>
      store.keep({ ...span, startedAtMs: Date.parse(startedAt), place: store.nextPlace() }),
    spans: () => store.list(),
  }
}
