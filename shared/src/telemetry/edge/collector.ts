import { type Agent, request } from 'node:http'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { OWN_APPS } from '../../contracts/index.ts'
import { planWait } from '../../runtime/index.ts'
import type { CollectorAddress } from '../index.ts'

/** Spans that wait for the collector. More are dropped and counted. OpenTelemetry's own default. */
const QUEUE_MAX = 2048
/** Spans in one request: few, because writing them as JSON holds up the event loop (0.3 ms for 64, measured). */
const BATCH = 64
const GATHER_MS = 1000
/** How long a collector is waited for, in milliseconds. */
export interface CollectorDeadlines {
  /** For one batch, with the dialing; beyond this machine a circuit may have to be built first. */
  readonly batch: { readonly local: number; readonly remote: number }
  /** What a part that ends waits in all. */
  readonly farewell: number
}

/** Arbitrary. */
const DEADLINES: CollectorDeadlines = { batch: { local: 5000, remote: 45_000 }, farewell: 2000 }
/** An answer says what was refused, in a few hundred bytes. Arbitrary. */
const ANSWER_MAX_BYTES = 65_536
const BACK_OFF = { firstMs: 1000, capMs: 60_000 }

export interface CollectorOptions {
  readonly address: CollectorAddress
  readonly agent: Agent
  /** For tests, which a machine may hold up; {@link DEADLINES} where nothing is said. */
  readonly deadlines?: CollectorDeadlines | undefined
  onDropped(why: 'queue-full' | 'collector', count: number): void
}

/**
 * Posts spans to a collector (OTLP/HTTP, JSON), one batch at a time.
 *
 * A span that ends is put in a list, and that is all its caller pays. Batches that fail are dropped and counted,
 * never sent again: a collector that is down makes a longer wait, and not more memory. The exporter of OpenTelemetry
 * is not used because it obeys OTEL_* variables (headers from the environment would be sent) and tells its version.
 */
export class Collector implements SpanProcessor {
  readonly #options: CollectorOptions
  #queue: ReadableSpan[] = []
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #failures = 0
  #isClosed = false
  readonly #end = new AbortController()

  constructor(options: CollectorOptions) {
    this.#options = options
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    // A stream of its own making would be sent by the next, for ever.
    if (this.#isClosed || span.attributes['app'] === OWN_APPS.telemetry) return
    if (this.#queue.length >= QUEUE_MAX) this.#options.onDropped('queue-full', 1)
    else this.#queue.push(span)
    this.#plan(GATHER_MS)
  }

  get #deadlines(): CollectorDeadlines {
    return this.#options.deadlines ?? DEADLINES
  }

  async forceFlush(): Promise<void> {
    while (this.#queue.length > 0 && this.#failures === 0) await this.#sendOne()
  }

  async shutdown(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    const timer = setTimeout(() => this.#end.abort(), this.#deadlines.farewell)
    await this.#sending
    await this.forceFlush()
    clearTimeout(timer)
    this.#options.agent.destroy()
  }

  #plan(delayMs: number): void {
    if (this.#timer !== undefined || this.#sending !== undefined || this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#sendOne().then(() => {
        if (this.#queue.length > 0) this.#plan(this.#nextDelay())
      })
    }, delayMs).unref()
  }

  #nextDelay(): number {
    if (this.#failures > 0) return planWait(BACK_OFF, this.#failures - 1, Math.random())
    return this.#queue.length >= BATCH ? 0 : GATHER_MS
  }

  async #sendOne(): Promise<void> {
    const batch = this.#queue.splice(0, BATCH)
    this.#sending = this.#post(batch).then(
      () => {
        this.#failures = 0
      },
      () => {
        this.#failures++
        this.#options.onDropped('collector', batch.length)
      },
    )
    await this.#sending
    this.#sending = undefined
  }

  async #post(batch: ReadableSpan[]): Promise<void> {
    const { address, agent } = this.#options
    // With the first batch: who has no collector need not read its 40 files at each start.
    const { JsonTraceSerializer } = await import('@opentelemetry/otlp-transformer')
    const body = JsonTraceSerializer.serializeRequest(batch) ?? new Uint8Array()
    const place =
      'socketPath' in address
        ? { socketPath: address.socketPath, host: 'localhost' }
        : { host: address.host, port: address.port }
    await new Promise<void>((resolve, reject) => {
      const post = request({
        ...place,
        path: address.path,
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': body.length },
        signal: AbortSignal.any([AbortSignal.timeout(this.#deadlines.batch[address.type]), this.#end.signal]),
      })
      post.on('error', reject)
      post.on('response', answer => {
        let bytes = 0
        // What it says is of no use to us; reading it frees the socket, and no more than this is read.
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > ANSWER_MAX_BYTES) answer.destroy(new Error('the answer of the collector is too long'))
        })
        answer.on('error', reject)
        answer.on('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error('the collector refused'))))
      })
      post.end(body)
    })
  }
}
