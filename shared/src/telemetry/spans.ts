import type { AttributeKey } from './attributes.ts'

/**
 * Every span there is, and the attributes that it may carry.
 *
 * A span per stream says which app and how it ended; what it was attached to is the audit's to know and nobody's to
 * write down.
 */
export const SPANS = {
  command: ['command', 'outcome', 'fault'],
  'gateway.stream': ['app', 'protocol', 'outcome', 'fault', 'reply'],
  'gateway.renew': ['app', 'outcome', 'fault', 'circuitsClosed', 'streamsClosed'],
  'gateway.reload': ['outcome', 'fault'],
  'gateway.verify': ['outcome', 'fault', 'verdict'],
  'dns.query': ['app', 'outcome', 'fault'],
  'clock.measure': ['outcome', 'fault'],
  'clock.step': ['outcome', 'fault', 'offsetMs'],
  'updates.fetch': ['outcome', 'fault'],
  'part.start': ['part', 'outcome', 'fault', 'attempt'],
  'machine.resume': ['outcome', 'fault'],
  'machine.resume.step': ['step', 'outcome', 'fault', 'circuitsClosed'],
  'part.stop': ['part', 'outcome', 'fault'],
  'job.add': ['job', 'reason', 'outcome', 'fault'],
  'job.work': ['job', 'reason', 'outcome', 'fault', 'attempt'],
} as const satisfies Record<string, readonly AttributeKey[]>

export type SpanName = keyof typeof SPANS
/** The attributes that a span of that name may carry. */
export type SpanAttributeKey<N extends SpanName> = (typeof SPANS)[N][number]
