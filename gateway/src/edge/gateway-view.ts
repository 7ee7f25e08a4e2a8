import type { AppStatus, Circuits, ClockTrust, GatewayStatus, RuntimeLayout } from '@cordon/shared/contracts'
import type { AppId } from '@cordon/shared/isolation'
import { describeApp } from './app-status.ts'
import type { AppTable } from './app-table.ts'
import { reportCircuits } from './circuit-report.ts'
import type { ControlPorts } from './control-ports.ts'
import type { GatewayAudit } from './gateway-audit.ts'
import type { LiveApp } from './live-app.ts'
import type { LiveSettings } from './live-settings.ts'
import { RelayCountries } from './relay-countries.ts'

export interface GatewayViewOptions {
  readonly layout: RuntimeLayout
  readonly table: AppTable
  readonly audit: GatewayAudit
  readonly controlPorts: ControlPorts
  readonly settings: LiveSettings
  clock(): ClockTrust
  isClockTrusted(): boolean
  dnsTroubleOf(app: AppId): string | undefined
  readonly hasDns: boolean
}

/** Says how the gateway, its apps and their circuits stand, for the admin API. */
export class GatewayView {
  readonly #options: GatewayViewOptions
  readonly #countries: RelayCountries

  constructor(options: GatewayViewOptions) {
    this.#options = options
    this.#countries = new RelayCountries(options.audit.link)
  }

  status(): GatewayStatus {
    const { audit, settings, table, clock } = this.#options
    const tor = audit.link.state
    const { verdict, drift } = audit.auditor.view
    const isTroubled = audit.link.isLost || settings.trouble !== null
    return {
      state: isTroubled ? 'degraded' : tor.progress < 100 ? 'starting' : 'ready',
      tor,
      apps: table.apps.map(app => this.describe(app)),
      audit: { verdict, drift: [...drift] },
      clock: { state: clock() },
      configurationTrouble: settings.trouble,
    }
  }

  describe(app: LiveApp): AppStatus {
    const { layout, table, audit, controlPorts, isClockTrusted, dnsTroubleOf, hasDns } = this.#options
    const { id } = app.declared
    return describeApp(app, {
      socket: layout.appSocket(id),
      dnsTrouble: dnsTroubleOf(id),
      controlSocket: layout.appControlSocket(id),
      circuits: audit.auditor.table.circuitsOf(app.identity.tag).length,
      trouble: table.troubleOf(id) ?? controlPorts.troubleOf(id),
      clockIsTrusted: isClockTrusted(),
      hasDns,
    })
  }

  /** Tell the circuits of one app, or of all. Throws a Fault `GW_APP_UNKNOWN`. */
  async circuits(app: string | undefined): Promise<Circuits> {
    const { table, audit } = this.#options
    const apps = app === undefined ? table.apps : [table.find(app)]
    return await reportCircuits(apps, audit.auditor.table, this.#countries)
  }
}
