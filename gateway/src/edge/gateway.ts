import { hostname } from 'node:os'
import {
  type AppStatus,
  type AuditSettings,
  type Circuits,
  type ClockTrust,
  type Configuration,
  completeAudit,
  completeLimits,
  type GatewayStatus,
  type Limits,
  type RuntimeLayout,
} from '@cordon/shared/contracts'
import { explain } from '@cordon/shared/errors'
import {
  announce,
  choosePortUsers,
  openPrivateDirectory,
  openSocketDirectory,
  type PortUsers,
} from '@cordon/shared/runtime/edge'
import type { SpanContext, Telemetry } from '@cordon/shared/telemetry'
import type { FastifyInstance } from 'fastify'
import { type AdminDependencies, openAdminDoor } from './admin-api.ts'
import { closeAdmin } from './admin-server.ts'
import { AdminToken } from './admin-token.ts'
import { AppRegistrar } from './app-registrar.ts'
import { describeApp } from './app-status.ts'
import { AppTable } from './app-table.ts'
import { reportCircuits } from './circuit-report.ts'
import { viewClock } from './clock-view.ts'
import { readConfiguration, watchConfiguration } from './configuration-file.ts'
import { ControlPorts } from './control-ports.ts'
import { readStreamBudget } from './descriptor-budget.ts'
import { DnsLink } from './dns-link.ts'
import { EventHub } from './event-hub.ts'
import { GatewayAudit } from './gateway-audit.ts'
import { GatewayJobs } from './gateway-jobs.ts'
import { observeGateway } from './gateway-metrics.ts'
import type { LiveApp } from './live-app.ts'
import { RegistryFile } from './registry-file.ts'
import { RelayCountries } from './relay-countries.ts'
import { Renewal } from './renewal.ts'
import type { Faults, SessionSettings } from './session.ts'
import { locateTor, type TorPlace } from './tor-place.ts'

export interface GatewayOptions {
  readonly configurationPath: string
  readonly stateDirectory: string
  readonly layout: RuntimeLayout
  readonly telemetry: Telemetry
  /** For anti-tests alone. */
  readonly faults?: Faults
}

/** The gateway: app ports, isolation, the view of tor, and the admin API. */
export class Gateway {
  readonly #options: GatewayOptions
  readonly #tor: TorPlace
  readonly #events = new EventHub()
  readonly #audit: GatewayAudit
  readonly #table: AppTable
  readonly #controlPorts: ControlPorts
  readonly #countries: RelayCountries
  readonly #renewal: Renewal
  readonly #streamBudget = readStreamBudget()
  readonly #users: PortUsers
  readonly #machineNames = new Set([hostname().toLowerCase()])
  #limits: Limits
  #whileUnknown: AuditSettings['whileUnknown']
  #configurationTrouble: string | null = null
  #clock: ClockTrust = 'untrusted'
  #idleTimer: NodeJS.Timeout | undefined
  #unwatch: (() => void) | undefined
  readonly #doors: FastifyInstance[] = []
  #jobs: GatewayJobs | undefined
  #dnsLink: DnsLink | undefined

  private constructor(options: GatewayOptions, configuration: Configuration, tor: TorPlace) {
    const { layout, telemetry } = options
    this.#options = options
    this.#users = choosePortUsers(layout)
    const users = this.#users
    this.#tor = tor
    this.#limits = completeLimits(configuration.limits)
    this.#whileUnknown = completeAudit(configuration.audit).whileUnknown
    this.#table = new AppTable({
      socketPath: app => layout.appSocket(app),
      settings: () => this.#sessionSettings(),
      access: layout.access,
      users,
      onApplied: async apps => {
        void this.#dnsLink?.tell()
        await this.#controlPorts.follow(apps)
        this.#events.publish({ type: 'apps', ids: apps.map(({ declared }) => declared.id) })
      },
      telemetry,
    })
    this.#audit = new GatewayAudit({
      tor,
      table: this.#table,
      telemetry,
      events: this.#events,
      whileUnknown: () => this.#whileUnknown,
      onConnected: () => {
        this.#jobs?.verify()
        void this.#renewal.makeUp()
      },
      onBreach: () => announce({ type: 'breached' }),
    })
    const { link, auditor } = this.#audit
    this.#controlPorts = new ControlPorts({
      layout,
      tor,
      users,
      telemetry,
      torVersion: () => this.#audit.link.state.version,
      renew: async app => void (await this.#renewal.renew(app, undefined)),
      hasRoom: () => this.#countSessions() < this.#streamBudget,
    })
    this.#countries = new RelayCountries(link)
    this.#renewal = new Renewal(link, auditor.table, telemetry, async renewed => {
      this.#events.publish({ type: 'renewed', ...renewed })
      await this.#dnsLink?.tell()
    })
    observeGateway(telemetry, this.#table, auditor.table, link)
  }

  /** Open the app ports and the admin API, or throw a Fault. Tor need not be there: streams then fail. */
  static async open(options: GatewayOptions): Promise<Gateway> {
    const { layout, stateDirectory, configurationPath } = options
    await openPrivateDirectory(stateDirectory)
    for (const path of [layout.gatewayDirectory, layout.appsDirectory]) await openSocketDirectory(layout, path)
    const configuration = await readConfiguration(configurationPath)
    const gateway = new Gateway(options, configuration, await locateTor(configuration, layout))
    try {
      await gateway.#start(configuration)
    } catch (cause) {
      await gateway.close()
      throw cause
    }
    return gateway
  }

  async close(): Promise<void> {
    this.#unwatch?.()
    clearInterval(this.#idleTimer)
    await this.#dnsLink?.close()
    await this.#controlPorts.close()
    await this.#table.close()
    await this.#jobs?.close()
    this.#audit.stop()
    this.#events.close()
    await Promise.all(this.#doors.map(closeAdmin))
  }

  /** Take in that the machine slept; what follows belongs to the trace of `parent`. */
  resumed(parent: SpanContext | undefined): void {
    this.#jobs?.resumed(parent)
  }

  async #start(configuration: Configuration): Promise<void> {
    const { stateDirectory, configurationPath, layout, telemetry } = this.#options
    const registrar = await AppRegistrar.open(this.#table, new RegistryFile(stateDirectory))
    await registrar.configure(configuration.apps)
    this.#restartIdleTimer()
    this.#unwatch = watchConfiguration(configurationPath, () => void this.#reload(registrar))
    const dependencies: AdminDependencies = {
      registrar,
      telemetry,
      status: () => this.#status(),
      describe: app => this.#describe(app),
      circuits: app => this.#report(app),
      clock: ({ state }) => {
        this.#clock = state
      },
      viewClock: () => viewClock(this.#audit.link, this.#clock),
      renew: async (app, parent) => await this.#renewal.renew(this.#table.find(app), parent),
      audit: () => this.#audit.report(),
      formatProof: () => this.#audit.auditor.formatProof(),
      events: this.#events,
    }
    this.#doors.push(
      await openAdminDoor(dependencies, { type: 'unix', path: layout.gatewaySocket, access: layout.access }),
    )
    const { port } = configuration.admin ?? {}
    if (port !== undefined) {
      const token = await AdminToken.open(stateDirectory)
      this.#doors.push(await openAdminDoor(dependencies, { type: 'tcp', port, token, users: this.#users }))
    }
    const redis = configuration.redis ?? { socket: layout.redisSocket }
    const { link, verifier } = this.#audit
    const health = async (): Promise<void> => await link.checkHealth()
    this.#jobs = await GatewayJobs.open({ redis, stateDirectory, telemetry, verifier, health })
    this.#dnsLink = await DnsLink.open(this.#table, layout)
    if (link.state.control === 'connected') this.#jobs.verify()
  }

  /** Follow a changed file. With a mistake in it the old one stays live, and the status says so. */
  async #reload(registrar: AppRegistrar): Promise<void> {
    const { configurationPath, telemetry } = this.#options
    const span = telemetry.startSpan('gateway.reload')
    try {
      const configuration = await readConfiguration(configurationPath)
      await registrar.configure(configuration.apps)
      this.#limits = completeLimits(configuration.limits)
      this.#whileUnknown = completeAudit(configuration.audit).whileUnknown
      this.#restartIdleTimer()
      this.#configurationTrouble = null
      span.end({ outcome: 'ok' })
    } catch (cause) {
      this.#configurationTrouble = explain(cause)
      span.fail(cause)
      // The mistake may name a host: that is for the status, which only this user sees, and not for a log.
      telemetry.log('gateway.configuration.kept')
    }
  }

  /** Look at every stream once per idle limit: one that moved nothing since the last look has been idle that long. */
  #restartIdleTimer(): void {
    clearInterval(this.#idleTimer)
    this.#idleTimer = setInterval(() => {
      for (const { sessions } of this.#table.apps) for (const session of sessions) session.closeIfIdle()
    }, this.#limits.idleSeconds * 1000)
    this.#idleTimer.unref()
  }

  #sessionSettings(): SessionSettings {
    return {
      handshakeMs: this.#limits.handshakeSeconds * 1000,
      connectMs: this.#limits.connectSeconds * 1000,
      handshakesPerApp: this.#limits.handshakesPerApp,
      streamsPerApp: this.#limits.streamsPerApp,
      hasRoom: () => this.#countSessions() < this.#streamBudget,
      isClockTrusted: () => this.#isClockTrusted(),
      socksSocket: (circuits, command) =>
        command === 'resolve-ipv6' ? this.#tor.ipv6Socket : this.#tor.socksSockets[circuits],
      machineNames: this.#machineNames,
      audit: this.#audit.gate,
      faults: this.#options.faults ?? {},
      telemetry: this.#options.telemetry,
    }
  }

  /** A clock that was right and has not been measured for a while has hardly moved; one that was never, may be anywhere. */
  #isClockTrusted(): boolean {
    return this.#clock !== 'untrusted'
  }

  #countSessions(): number {
    let count = 0
    for (const { sessions } of this.#table.apps) count += sessions.size
    return count
  }

  #status(): GatewayStatus {
    const tor = this.#audit.link.state
    const { verdict, drift } = this.#audit.auditor.view
    const troubled = this.#audit.link.isLost || this.#configurationTrouble !== null
    return {
      state: troubled ? 'degraded' : tor.progress < 100 ? 'starting' : 'ready',
      tor,
      apps: this.#table.apps.map(app => this.#describe(app)),
      audit: { verdict, drift: [...drift] },
      clock: { state: this.#clock },
      configurationTrouble: this.#configurationTrouble,
    }
  }

  #describe(app: LiveApp): AppStatus {
    const { id } = app.declared
    return describeApp(app, {
      socket: this.#options.layout.appSocket(id),
      dnsTrouble: this.#dnsLink?.troubleOf(id),
      controlSocket: this.#options.layout.appControlSocket(id),
      circuits: this.#audit.auditor.table.circuitsOf(app.identity.tag).length,
      trouble: this.#table.troubleOf(id) ?? this.#controlPorts.troubleOf(id),
      clockIsTrusted: this.#isClockTrusted(),
    })
  }

  async #report(app: string | undefined): Promise<Circuits> {
    const apps = app === undefined ? this.#table.apps : [this.#table.find(app)]
    return await reportCircuits(apps, this.#audit.auditor.table, this.#countries)
  }
}
