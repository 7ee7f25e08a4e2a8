import type { Audit, AuditSettings } from '@cordon/shared/contracts'
import { monotonicNow } from '@cordon/shared/runtime/edge'
import type { Telemetry } from '@cordon/shared/telemetry'
import { Auditor, type Pair, type Violation } from '../audit/index.ts'
import type { AppTable } from './app-table.ts'
import type { EventHub } from './event-hub.ts'
import type { StreamAudit } from './session.ts'
import { TorLink } from './tor-link.ts'
import type { TorPlace } from './tor-place.ts'
import { Verifier } from './verifier.ts'

export interface GatewayAuditOptions {
  readonly tor: TorPlace
  readonly table: AppTable
  readonly telemetry: Telemetry
  readonly events: EventHub
  whileUnknown(): AuditSettings['whileUnknown']
  /** Called when tor is there, and all that exists in it is known. */
  onConnected(): void
  /** Called once, at the first violation that stands. */
  onBreach(): void
  /** Called when a person has acknowledged all violations, and none stands again. */
  onAcknowledged(): void
}

/** The auditor with all that it needs: the link to tor that feeds it, and the hand that does what it says. */
export class GatewayAudit {
  readonly auditor: Auditor
  readonly link: TorLink
  readonly verifier: Verifier
  readonly #options: GatewayAuditOptions
  #isBreached = false

  constructor(options: GatewayAuditOptions) {
    const { tor, table, telemetry, events } = options
    this.#options = options
    this.auditor = new Auditor({
      now: monotonicNow,
      date: () => new Date().toISOString(),
      appOf: username => table.ownerOf(username),
      act: action => this.verifier.act(action),
      onViolation: violation => {
        telemetry.log('gateway.breached')
        events.publish({ type: 'violation', ...violation, apps: [...violation.apps] })
        if (!this.#isBreached) options.onBreach()
        this.#isBreached = true
      },
      onVerdict: ({ verdict, since, reasons }) =>
        events.publish({ type: 'audit', verdict, since, reasons: [...reasons] }),
    })
    this.link = new TorLink({
      socketPath: tor.controlSocket,
      password: tor.password,
      audience: this.auditor,
      onConfigurationChanged: () => this.verifier.look(),
      onConnected: () => {
        this.verifier.begin()
        events.publish({ type: 'tor', control: 'connected' })
        options.onConnected()
      },
      onLost: () => events.publish({ type: 'tor', control: 'lost' }),
      telemetry,
    })
    this.verifier = new Verifier({
      link: this.link,
      auditor: this.auditor,
      telemetry,
      expected: {
        socks: [...new Set([...Object.values(tor.socksSockets), tor.ipv6Socket].filter(path => path !== undefined))],
        control: tor.controlSocket,
        others: tor.others,
      },
      closeStreams: pairs => this.#closeStreams(pairs),
    })
  }

  /** What sessions ask before they send, and say when they do. */
  get gate(): StreamAudit {
    return {
      mayOpen: () => this.auditor.mayOpen(this.#options.whileUnknown()),
      send: sending => this.auditor.send(sending),
      sourceOf: socksSocket => this.#sourceOf(socksSocket),
    }
  }

  /** Say what was seen, for the admin API. */
  report(): Audit {
    const { violations, past, reasons, drift, ...view } = this.auditor.view
    const copy = <V extends Violation>(all: readonly V[]) => all.map(one => ({ ...one, apps: [...one.apps] }))
    return { ...view, violations: copy(violations), past: copy(past), reasons: [...reasons], drift: [...drift] }
  }

  /** A person has seen the violations. Say what was seen, as it stands now. */
  acknowledge(): Audit {
    const count = this.auditor.acknowledge()
    const report = this.report()
    if (count === 0) return report
    this.#options.telemetry.log('gateway.acknowledged', { count })
    this.#isBreached = report.verdict === 'breached'
    if (!this.#isBreached) this.#options.onAcknowledged()
    return report
  }

  stop(): void {
    this.verifier.stop()
    this.link.stop()
  }

  /** How our own tor names its listener; another one may see another path of it. */
  #sourceOf(socksSocket: string): string | undefined {
    return this.#options.tor.others === 'foreign' && /^[\x21-\x7e]+$/.test(socksSocket) ? socksSocket : undefined
  }

  #closeStreams(pairs: ReadonlySet<Pair>): void {
    for (const { sessions } of this.#options.table.apps) {
      for (const session of [...sessions]) if (session.pair !== undefined && pairs.has(session.pair)) session.close()
    }
  }
}
