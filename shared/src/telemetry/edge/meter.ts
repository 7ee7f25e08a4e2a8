import type { Counter, Histogram, Meter as SdkMeter } from '@opentelemetry/api'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import type { Resource } from '@opentelemetry/resources'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import type { AllowList, CounterName, GaugeName, HistogramName, InstrumentName, Reading } from '../index.ts'
import { INSTRUMENTS } from '../index.ts'

/** A reader that collects when it is asked, and at no other time. */
class OnDemandReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** The instruments of the table, behind the allow-list. */
export class Meter {
  readonly #allowList: AllowList
  readonly #reader = new OnDemandReader()
  readonly #meter: SdkMeter
  readonly #counters = new Map<CounterName, Counter>()
  readonly #histograms = new Map<HistogramName, Histogram>()
  // Only the serializer of the package is used: its server listens on all addresses and speaks to anybody.
  readonly #serializer = new PrometheusSerializer(undefined, false, undefined, true, true)

  constructor(resource: Resource, allowList: AllowList) {
    this.#allowList = allowList
    this.#meter = new MeterProvider({ resource, readers: [this.#reader] }).getMeter('cordon')
  }

  count(name: CounterName, by: number, attributes: Readonly<Record<string, unknown>>): void {
    const counter = this.#counters.get(name) ?? this.#meter.createCounter(name, INSTRUMENTS[name])
    this.#counters.set(name, counter)
    counter.add(by, this.#admit(name, attributes))
  }

  measure(name: HistogramName, value: number, attributes: Readonly<Record<string, unknown>>): void {
    const histogram = this.#histograms.get(name) ?? this.#createHistogram(name)
    this.#histograms.set(name, histogram)
    histogram.record(value, this.#admit(name, attributes))
  }

  observe<N extends GaugeName>(name: N, read: () => Iterable<Reading<N>>): void {
    this.#meter.createObservableGauge(name, INSTRUMENTS[name]).addCallback(result => {
      for (const { value, attributes = {} } of read()) result.observe(value, this.#admit(name, attributes))
    })
  }

  /** Write all instruments in the text format of Prometheus. */
  async write(): Promise<string> {
    const { resourceMetrics } = await this.#reader.collect()
    return this.#serializer.serialize(resourceMetrics)
  }

  #createHistogram(name: HistogramName): Histogram {
    const { unit, description, bounds } = INSTRUMENTS[name]
    return this.#meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: [...bounds] } })
  }

  #admit(name: InstrumentName, attributes: Readonly<Record<string, unknown>>): Record<string, string | number> {
    return this.#allowList.admit(INSTRUMENTS[name].attributes, attributes)
  }
}
