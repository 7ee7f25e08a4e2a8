import { resourceFromAttributes } from '@opentelemetry/resources'
import { AllowList, type Attributes, parseCollectorAddress, type Telemetry } from '../index.ts'
import { Collector, type CollectorDeadlines } from './collector.ts'
import { type DialThroughTor, openCollectorAgent } from './collector-agent.ts'
import { Logger } from './logger.ts'
import { Meter } from './meter.ts'
import { SpanStore } from './span-store.ts'
import { Tracer } from './tracer.ts'

export interface TelemetryOptions {
  /** Which part speaks: the service's name in every record. */
  readonly part: NonNullable<Attributes<'part'>['part']>
  /** Take one line of JSON with its line end: standard error of the part, by default. */
  readonly write?: (line: string) => void
  readonly debug?: boolean
  /** Throw where something is not on the allow-list. For tests. */
  readonly strict?: boolean
  /** Where spans go besides the ring: `unix:/PATH` or `http://127.0.0.1:4318`. Nowhere, by default. */
  readonly collector?: string | undefined
  /** Makes a remote collector allowed, on an identity of its own. */
  readonly dialThroughTor?: DialThroughTor | undefined
  /** How long the collector is waited for; a few seconds on this machine, and at the end, by default. */
  readonly collectorDeadlines?: CollectorDeadlines
}

/**
 * Open the telemetry of this process. Nothing leaves the machine, and nothing is read from the environment.
 *
 * Throws a Fault `TEL_…` for a collector that may not be used.
 */
export function openTelemetry(options: TelemetryOptions): Telemetry {
  const { part, write = toStandardError, debug = false, strict = false } = options
  // Told the moment it happens, so that tests see it; by then the meter below exists.
  const allowList = new AllowList({
    strict,
    onRefused: refused => meter.count('cordon.telemetry.refused', 1, { refused }),
  })
  const resource = resourceFromAttributes({ 'service.name': 'cordon', 'cordon.part': part })
  const meter = new Meter(resource, allowList)
  const dropped = (why: 'queue-full' | 'collector' | 'rate', by: number): void =>
    meter.count('cordon.telemetry.dropped', by, { dropped: why })
  const logger = new Logger({ part, debug, write, onDropped: () => dropped('rate', 1) }, allowList)
  const store = new SpanStore(part)
  const collector = openCollector(options, dropped)
  const tracer = new Tracer(resource, allowList, collector === undefined ? [store] : [store, collector])
  return {
    startSpan: (name, given = {}) => tracer.startSpan(name, given),
    count: (name, attributes = {}, by = 1) => meter.count(name, by, attributes),
    measure: (name, value, attributes = {}) => meter.measure(name, value, attributes),
    observe: (name, read) => meter.observe(name, read),
    log: (key, fields = {}, thrown) => logger.log(key, fields, thrown),
    spans: () => store.list(),
    lines: () => logger.lines(),
    metrics: () => meter.write(),
    close: async () => {
      logger.close()
      await tracer.close()
    },
  }
}

function openCollector(
  { collector, dialThroughTor, collectorDeadlines: deadlines }: TelemetryOptions,
  onDropped: (why: 'queue-full' | 'collector', count: number) => void,
): Collector | undefined {
  if (collector === undefined) return undefined
  const address = parseCollectorAddress(collector)
  return new Collector({ address, agent: openCollectorAgent(address, dialThroughTor), deadlines, onDropped })
}

const toStandardError = (line: string): void => {
  process.stderr.write(line)
}
