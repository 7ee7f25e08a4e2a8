import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { SpanRecord } from '../index.ts'
import { Ring } from '../index.ts'

/** Spans kept of each name: enough to read, and a name that floods pushes no other out. Arbitrary. */
const PER_NAME = { items: 256, bytes: 131_072 }
/** What a record weighs besides its attributes: ids, times, the object itself. Measured, rounded up. */
const RECORD_BYTES = 400

/** A record whose time is written when somebody asks: writing it would be a fifth of what a span costs. */
export type KeptSpan = Omit<SpanRecord, 'startedAt'> & {
  readonly startedAtMs: number
  /** Its place among those that began in the same millisecond: a parent ends after its children, and precedes them. */
  readonly place: number
}

/** Keeps the newest spans of each name in memory. */
export class SpanStore implements SpanProcessor {
  readonly #part: string
  readonly #rings = new Map<string, Ring<KeptSpan>>()
  readonly #places = new WeakMap<object, number>()
  #begun = 0

  constructor(part: string) {
    this.#part = part
  }

  /** The place of a span that begins now. */
  nextPlace(): number {
    this.#begun += 1
    return this.#begun
  }

  onStart(span: object): void {
    this.#places.set(span, this.nextPlace())
  }

  onEnd(span: ReadableSpan): void {
    const { traceId, spanId } = span.spanContext()
    const attributes = span.attributes as Record<string, string | number>
    this.keep({
      part: this.#part,
      name: span.name,
      traceId,
      spanId,
      parentSpanId: span.parentSpanContext?.spanId ?? null,
      startedAtMs: toMs(span.startTime),
      place: this.#places.get(span) ?? this.nextPlace(),
      durationMs: toMs(span.duration),
      attributes,
    })
  }

  keep(span: KeptSpan): void {
    this.#ringOf(span.name).push(span, RECORD_BYTES + weigh(span.attributes))
  }

  list(): readonly SpanRecord[] {
    const all = [...this.#rings.values()].flatMap(ring => ring.list())
    return all
      .sort((a, b) => a.startedAtMs - b.startedAtMs || a.place - b.place)
      .map(({ startedAtMs, place, ...kept }) => ({ ...kept, startedAt: new Date(startedAtMs).toISOString() }))
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}

  #ringOf(name: string): Ring<KeptSpan> {
    const known = this.#rings.get(name)
    if (known !== undefined) return known
    const ring = new Ring<KeptSpan>(PER_NAME)
    this.#rings.set(name, ring)
    return ring
  }
}

const toMs = ([seconds, nanoseconds]: readonly [number, number]): number => seconds * 1000 + nanoseconds / 1e6

function weigh(attributes: Readonly<Record<string, string | number>>): number {
  let bytes = 0
  for (const key in attributes) bytes += key.length + (typeof attributes[key] === 'string' ? attributes[key].length : 8)
  return bytes
}
