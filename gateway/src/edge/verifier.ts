import type { SpanContext, Telemetry } from '@cordon/shared/telemetry'
import {
  closeCircuit,
  getConf,
  getInfo,
  parseEntryGuards,
  parseGetConf,
  parseGetInfo,
  parseListeners,
} from '@cordon/shared/tor-control'
import {
  AUDITED_LISTENERS,
  AUDITED_OPTIONS,
  type AuditAction,
  type Auditor,
  type AuditView,
  findDrift,
  type Pair,
} from '../audit/index.ts'
import type { TorLink } from './tor-link.ts'

/** Between two looks at tor's configuration; a change that tor tells of is looked at when it is told. Arbitrary. */
const LOOK_EVERY_MS = 15_000

const LISTENERS = Object.keys(AUDITED_LISTENERS)

export interface VerifierOptions {
  readonly link: TorLink
  readonly auditor: Auditor
  readonly telemetry: Telemetry
  readonly expected: Parameters<typeof findDrift>[1]
  /** End the streams that were sent with these credentials. */
  closeStreams(pairs: ReadonlySet<Pair>): void
}

/** Looks at tor's configuration and guards, and does what the auditor says must be done. */
export class Verifier {
  readonly #options: VerifierOptions
  #timer: NodeJS.Timeout | undefined
  #isAskingForGuards = false
  /** Looks that nobody waits for: the one that is under way, and those that have been asked for meanwhile. */
  #quietLooks = 0

  constructor(options: VerifierOptions) {
    this.#options = options
  }

  /** Look now, and from now on every few seconds: tor is there. */
  begin(): void {
    clearInterval(this.#timer)
    this.#timer = setInterval(() => void this.#lookQuietly(), LOOK_EVERY_MS)
    this.#timer.unref()
    void this.#lookQuietly()
  }

  /** Look now: tor says that its configuration has changed. */
  look(): void {
    void this.#lookQuietly()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Look as a job: with a span, and `confirm` asked first. Throws a Fault `GW_TOR_UNREACHABLE`. */
  async verify(parent: SpanContext | undefined, confirm: () => Promise<void>): Promise<AuditView> {
    const { auditor, telemetry } = this.#options
    const span = telemetry.startSpan('gateway.verify', { parent })
    try {
      await this.#look(confirm)
      span.end({ outcome: 'ok', verdict: auditor.view.verdict })
      return auditor.view
    } catch (cause) {
      span.fail(cause)
      throw cause
    }
  }

  act(action: AuditAction): void {
    const { link, closeStreams } = this.#options
    switch (action.type) {
      case 'close':
        // One that has gone meanwhile is answered with an error, and is as closed as the others.
        for (const id of action.circuits) void link.tell(closeCircuit(id)).catch(() => {})
        closeStreams(action.pairs)
        break
      case 'ask-guards':
        void this.#askForGuards()
        break
      case 'start-over':
        link.startOver()
    }
  }

  /**
   * Where tor cannot be asked, the auditor knows that from the link.
   *
   * One look at a time: a tor that tells of changes faster than it answers must not fill memory with questions. What
   * changes while it answers is looked at after.
   */
  async #lookQuietly(): Promise<void> {
    this.#quietLooks += 1
    if (this.#quietLooks > 1) return
    do {
      this.#quietLooks = 1
      await this.#look(async () => {}).catch(() => {})
    } while (this.#quietLooks > 1)
    this.#quietLooks = 0
  }

  async #look(confirm: () => Promise<void>): Promise<void> {
    const { link, auditor, expected, telemetry } = this.#options
    await confirm()
    const settings = parseGetConf(await link.ask(getConf(AUDITED_OPTIONS)))
    const info = parseGetInfo(await link.ask(getInfo([...LISTENERS, 'entry-guards'])))
    const listeners = 'why' in info ? undefined : readListeners(info)
    const isReadable = !('why' in settings) && listeners !== undefined
    const drift = isReadable ? findDrift({ settings, listeners }, expected) : [UNREADABLE]
    const before = auditor.view.drift.length
    if (info instanceof Map) this.#learnGuards(info)
    auditor.learnDrift(drift)
    auditor.tick()
    if (drift.length > before) telemetry.log('gateway.drift', { count: drift.length })
  }

  async #askForGuards(): Promise<void> {
    if (this.#isAskingForGuards) return
    this.#isAskingForGuards = true
    try {
      const info = parseGetInfo(await this.#options.link.ask(getInfo(['entry-guards'])))
      this.#isAskingForGuards = false
      if (info instanceof Map) this.#learnGuards(info)
    } catch {
      this.#isAskingForGuards = false // the connection is lost, and with it the question
    }
  }

  #learnGuards(info: ReadonlyMap<string, string>): void {
    const guards = parseEntryGuards(info.get('entry-guards') ?? '')
    if (!('why' in guards)) this.#options.auditor.learnGuards(guards.map(({ relay }) => relay.fingerprint))
  }
}

const UNREADABLE = { what: 'tor tells its configuration in no known form', breaksIsolation: false }

function readListeners(info: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> | undefined {
  const listeners = new Map<string, readonly string[]>()
  for (const key of LISTENERS) {
    const found = parseListeners(info.get(key) ?? '')
    if ('why' in found) return undefined
    listeners.set(key, found)
  }
  return listeners
}
