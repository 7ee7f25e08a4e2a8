import { pino } from 'pino'
import { monotonicNow } from '../../runtime/edge/index.ts'
import type { AllowList, Attributes, LogKey, LogRecord } from '../index.ts'
import { describeError, LineLimit, LOG_LINES, Ring } from '../index.ts'

/** Lines kept in memory for `cordon logs`. Arbitrary. */
const RING_LIMITS = { items: 2000, bytes: 1_048_576 }

/** No sweep follows another sooner, whatever is due. Arbitrary. */
const SWEEP_MIN_MS = 1000

export interface LoggerOptions {
  readonly part: string
  /** Write debug lines, too. Says so once, at once: they tell more than others should know. */
  readonly debug: boolean
  /** Take one line of JSON, with its line end. It goes where this part's lines go, besides the ring. */
  write(line: string): void
  onDropped(): void
}

/** Writes lines of the catalogue as JSON, within limits, into a ring and to one sink. */
export class Logger {
  readonly #options: LoggerOptions
  readonly #allowList: AllowList
  readonly #limit = new LineLimit<LogKey | `${LogKey} ${string}`>()
  readonly #ring = new Ring<string>(RING_LIMITS)
  readonly #pino: ReturnType<typeof pino>
  #sweeping: NodeJS.Timeout | undefined

  constructor(options: LoggerOptions, allowList: AllowList) {
    this.#options = options
    this.#allowList = allowList
    this.#pino = pino(
      {
        level: options.debug ? 'debug' : 'info',
        base: { part: options.part },
        messageKey: 'says',
        timestamp: () => `,"at":"${new Date().toISOString()}"`,
        formatters: { level: label => ({ level: label }) },
      },
      { write: line => this.#keep(line) },
    )
    if (options.debug) this.log('log.debug', {})
  }

  log(key: LogKey, fields: Attributes, thrown?: unknown): void {
    const { level, says, fields: allowed } = LOG_LINES[key]
    if (!this.#pino.isLevelEnabled(level)) return
    const admitted = this.#allowList.admit(allowed, fields)
    // An app that floods a line must not hide the same line of another.
    const kind = admitted['app'] === undefined ? key : (`${key} ${admitted['app']}` as const)
    if (!this.#limit.admit(kind, monotonicNow())) {
      this.#options.onDropped()
      this.#planSweep()
      return
    }
    const described = thrown === undefined ? {} : describeError(thrown)
    const { fault, detail } = { fault: undefined, detail: undefined, ...described }
    this.#pino[level]({ key, fields: fault === undefined ? admitted : { ...admitted, fault }, detail }, says)
  }

  lines(): readonly LogRecord[] {
    return this.#ring.list().map(line => JSON.parse(line))
  }

  close(): void {
    clearTimeout(this.#sweeping)
    this.#sweep(Number.POSITIVE_INFINITY)
  }

  #keep(line: string): void {
    const bytes = Buffer.byteLength(line)
    this.#limit.spend(bytes)
    this.#ring.push(line, bytes)
    this.#options.write(line)
  }

  #planSweep(): void {
    const wait = this.#limit.untilSweep(monotonicNow())
    if (this.#sweeping !== undefined || wait === undefined) return
    this.#sweeping = setTimeout(
      () => {
        this.#sweeping = undefined
        this.#sweep(monotonicNow())
        this.#planSweep()
      },
      Math.max(wait, SWEEP_MIN_MS),
    ).unref()
  }

  #sweep(now: number): void {
    for (const { kind, more } of this.#limit.sweep(now)) {
      const [key = '', app] = kind.split(' ')
      const { level, says } = LOG_LINES[key as LogKey]
      this.#pino[level]({ key, fields: { ...(app === undefined ? {} : { app }), more } }, `${more} more: ${says}`)
    }
  }
}
