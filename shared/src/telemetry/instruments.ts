import type { AttributeKey } from './attributes.ts'

interface Instrument {
  /** `counter` only rises; `gauge` is read when somebody asks; `histogram` keeps a distribution. */
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly unit: string
  readonly description: string
  readonly attributes: readonly AttributeKey[]
  /** Upper bounds of the buckets of a histogram, in its unit. */
  readonly bounds?: readonly number[]
}

/**
 * Every instrument there is. A test holds the names and units to the rules of OpenTelemetry and Prometheus.
 *
 * Bytes and streams are counted by their owner and read when somebody asks, so a chunk that passes costs nothing.
 * `cordon.circuits` has no app: a number of circuits next to an app is half of what must never be written.
 */
export const INSTRUMENTS = {
  'cordon.streams.opened': {
    kind: 'counter',
    unit: '{stream}',
    description: 'Streams that ended their handshake, by app, protocol and outcome',
    attributes: ['app', 'protocol', 'outcome'],
  },
  'cordon.stream.opening': {
    kind: 'histogram',
    unit: 's',
    description: "From accept to the app's reply",
    attributes: ['outcome'],
    bounds: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  'cordon.streams': { kind: 'gauge', unit: '{stream}', description: 'Open streams', attributes: ['app'] },
  'cordon.bytes': {
    kind: 'gauge',
    unit: 'By',
    description: 'Bytes relayed since the gateway started',
    attributes: ['app', 'direction'],
  },
  'cordon.circuits': { kind: 'gauge', unit: '{circuit}', description: 'Circuits that carry apps', attributes: [] },
  'cordon.bootstrap': { kind: 'gauge', unit: '%', description: "Tor's bootstrap progress", attributes: [] },
  'cordon.jobs': {
    kind: 'counter',
    unit: '{job}',
    description: 'Jobs that ended, by name and outcome',
    attributes: ['job', 'outcome'],
  },
  'cordon.jobs.refused': {
    kind: 'counter',
    unit: '{job}',
    description: 'Jobs in the queue that are not ours: unknown, misshapen or too large. None was executed',
    attributes: ['queue', 'refused'],
  },
  'cordon.jobs.locks.lost': {
    kind: 'counter',
    unit: '{job}',
    description: 'Jobs whose worker was held up until another took them',
    attributes: ['job'],
  },
  'cordon.part.restarts': {
    kind: 'counter',
    unit: '{restart}',
    description: 'Restarts of parts',
    attributes: ['part'],
  },
  'cordon.clock.offset': {
    kind: 'gauge',
    unit: 's',
    description: 'Offset of the clock at the last measurement; positive: the sources are ahead',
    attributes: [],
  },
  'cordon.dns.queries': {
    kind: 'counter',
    unit: '{query}',
    description: 'DNS queries answered, by app and outcome',
    attributes: ['app', 'outcome'],
  },
  'cordon.telemetry.refused': {
    kind: 'counter',
    unit: '{value}',
    description: 'Attributes that are not on the allow-list, and were left out',
    attributes: ['refused'],
  },
  'cordon.telemetry.dropped': {
    kind: 'counter',
    unit: '{record}',
    description: 'Spans and lines that were not kept or sent',
    attributes: ['dropped'],
  },
} as const satisfies Record<string, Instrument>

export type InstrumentName = keyof typeof INSTRUMENTS
type NamesOf<K extends Instrument['kind']> = {
  [N in InstrumentName]: (typeof INSTRUMENTS)[N]['kind'] extends K ? N : never
}[InstrumentName]
export type CounterName = NamesOf<'counter'>
export type GaugeName = NamesOf<'gauge'>
export type HistogramName = NamesOf<'histogram'>
/** The attributes that a value of that instrument may carry. */
export type InstrumentAttributeKey<N extends InstrumentName> = (typeof INSTRUMENTS)[N]['attributes'][number]
