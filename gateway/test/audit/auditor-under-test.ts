import type { AppId } from '@cordon/shared/isolation'
import { type CircuitEvent, parseEvent, type StreamEvent } from '@cordon/shared/tor-control'
import { type AuditAction, Auditor, type Claim, type Pair, type Violation } from '../../src/audit/index.ts'
import { makePair } from '../../src/audit/pair.ts'

/** The long name of the relay with that hexadecimal digit. */
export const relay = (digit: string): string => `$${digit.repeat(40)}~relay${digit}`
/** The path of a circuit through those relays. */
export const path = (digits: string): string => [...digits].map(relay).join(',')

/** An auditor whose clock and tor are the test's. User names that begin with `tag` are apps. */
export class AuditorUnderTest {
  readonly auditor: Auditor
  readonly actions: AuditAction[] = []
  readonly violations: Violation[] = []
  now = 0

  constructor() {
    this.auditor = new Auditor({
      now: () => this.now,
      date: () => new Date(this.now).toISOString(),
      appOf: username => (username.startsWith('tag') ? (username.slice(3) as AppId) : undefined),
      act: action => this.actions.push(action),
      onViolation: violation => this.violations.push(violation),
      onVerdict: () => {},
    })
  }

  /** Connected to a tor that has nothing yet and is set as it must be, with the guards A and B. */
  begin(...status: readonly string[]): this {
    return this.adopt(status, [])
  }

  /** Connected to a tor that has these circuits and streams, as its `circuit-status` and `stream-status` say. */
  adopt(circuits: readonly string[], streams: readonly string[]): this {
    this.auditor.adopt(
      circuits.map(line => parse(`CIRC ${line}`) as CircuitEvent),
      streams.map(line => parse(`STREAM ${line}`) as StreamEvent),
    )
    this.auditor.learnDrift([])
    this.auditor.learnGuards(['A'.repeat(40), 'B'.repeat(40)])
    return this
  }

  /** Take in events as tor writes them, without `650 `. */
  take(...lines: readonly string[]): this {
    for (const line of lines) this.auditor.take(parse(line) as StreamEvent)
    return this
  }

  /** The gateway sends a stream of `app` with its key. */
  send(app: string, key = app): Claim {
    return this.auditor.send({ app: app as AppId, key, pair: pairOf(app, key), source: undefined })
  }

  /** A circuit is launched and built. */
  build(id: number, digits = 'ABC', more = ''): this {
    return this.take(`CIRC ${id} LAUNCHED ${more}`, `CIRC ${id} BUILT ${path(digits)} PURPOSE=GENERAL ${more}`)
  }

  /** A stream is sent by the gateway, and tor puts it on a circuit. */
  open(id: number, circuit: number, app: string, key = app): this {
    this.send(app, key)
    return this.told(id, circuit, app, key)
  }

  /** Tor tells of a new stream on a circuit. */
  told(id: number, circuit: number, app: string, key = app): this {
    const credentials = `SOCKS_USERNAME="tag${app}" SOCKS_PASSWORD="${key}"`
    return this.take(
      `STREAM ${id} NEW 0 x.example:80 ${credentials}`,
      `STREAM ${id} SENTCONNECT ${circuit} x.example:80 ${credentials}`,
    )
  }

  end(...ids: readonly number[]): this {
    return this.take(...ids.map(id => `STREAM ${id} CLOSED 0 x.example:80 REASON=DONE`))
  }

  get verdict(): string {
    return this.auditor.view.verdict
  }

  get kinds(): string[] {
    return this.violations.map(({ kind }) => kind)
  }

  /** What was closed, in order. */
  get closed(): string[] {
    return this.actions.flatMap(action => (action.type === 'close' ? action.circuits : []))
  }
}

export const pairOf = (app: string, key = app): Pair => makePair(`tag${app}`, key)

/** Read an event as tor writes it, without `650 `. */
export function parse(line: string): ReturnType<typeof parseEvent> {
  const event = parseEvent({ status: 650, lines: [{ text: line, data: undefined }] })
  if (event.type === 'malformed') throw new Error(`${event.why}: ${line}`)
  return event
}
