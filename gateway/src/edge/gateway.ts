import { type ClockTrust, type Configuration, completeServices } from '@cordon/shared/contracts'
import type { PartStart } from '@cordon/shared/part/edge'
import {
  announce,
  choosePortUsers,
  openPrivateDirectory,
  openSocketDirectory,
  type PortUsers,
} from '@cordon/shared/runtime/edge'
import type { SpanContext } from '@cordon/shared/telemetry'
import type { AdminDependencies } from './admin-api.ts'
import { AdminDoors } from './admin-doors.ts'
import { AppRegistrar } from './app-registrar.ts'
import { AppTable } from './app-table.ts'
import { viewClock } from './clock-view.ts'
import { ControlPorts } from './control-ports.ts'
import { readStreamBudget } from './descriptor-budget.ts'
import { DnsLink } from './dns-link.ts'
import { EventHub } from './event-hub.ts'
import { GatewayAudit } from './gateway-audit.ts'
import { GatewayJobs } from './gateway-jobs.ts'
import { observeGateway } from './gateway-metrics.ts'
import { GatewayView } from './gateway-view.ts'
import { IdleWatch } from './idle-watch.ts'
import { LiveSettings } from './live-settings.ts'
import { RegistryFile } from './registry-file.ts'
import { Renewal } from './renewal.ts'
import type { Faults, SessionSettings } from './session.ts'
import { readSessionSettings } from './session-settings.ts'
import { locateTor, type TorPlace } from './tor-place.ts'

export interface GatewayOptions
  extends Pick<PartStart, 'configurationFile' | 'configuration' | 'stateDirectory' | 'layout' | 'telemetry'> {
  /** For anti-tests alone. */
  readonly faults?: Faults
}

/** The gateway: app ports, isolation, the view of tor, and the admin API. */
export class Gateway {
  readonly #options: GatewayOptions
  readonly #events = new EventHub()
  readonly #audit: GatewayAudit
  readonly #table: AppTable
  readonly #controlPorts: ControlPorts
  readonly #view: GatewayView
  readonly #renewal: Renewal
  readonly #streamBudget = readStreamBudget()
  readonly #users: PortUsers
  readonly #settings: LiveSettings
  readonly #sessionSettings: () => SessionSettings
  readonly #idleWatch = new IdleWatch(() => this.#table.apps)
  #clock: ClockTrust = 'untrusted'
  #doors: AdminDoors | undefined
  #jobs: GatewayJobs | undefined
  #dnsLink: DnsLink | undefined

  private constructor(options: GatewayOptions, tor: TorPlace) {
    const { layout, telemetry, configurationFile, configuration } = options
    this.#options = options
    this.#users = choosePortUsers(layout)
    const users = this.#users
    this.#settings = new LiveSettings(configurationFile, configuration, telemetry)
    const hasRoom = (): boolean => this.#table.countSessions() < this.#streamBudget
    const isClockTrusted = (): boolean => this.#isClockTrusted()
    this.#table = new AppTable({
      socketPath: app => layout.appSocket(app),
      settings: () => this.#sessionSettings(),
      access: layout.access,
      users,
      onRetried: async apps => await this.#controlPorts.follow(apps),
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
      whileUnknown: () => this.#settings.whileUnknown,
      onConnected: () => {
        this.#jobs?.verify()
        void this.#renewal.makeUp()
      },
      onBreach: () => announce({ type: 'breached' }),
      onAcknowledged: () => announce({ type: 'ready' }),
    })
    const { link, auditor, gate } = this.#audit
    this.#sessionSettings = readSessionSettings({
      settings: this.#settings,
      tor,
      audit: gate,
      faults: options.faults,
      telemetry,
      hasRoom,
      isClockTrusted,
    })
    this.#controlPorts = new ControlPorts({
      layout,
      tor,
      users,
      telemetry,
      torVersion: () => link.state.version,
      renew: async app => void (await this.#renewal.renew(app, undefined)),
      hasRoom,
    })
    this.#view = new GatewayView({
      layout,
      table: this.#table,
      audit: this.#audit,
      controlPorts: this.#controlPorts,
      settings: this.#settings,
      clock: () => this.#clock,
      isClockTrusted,
      dnsTroubleOf: app => this.#dnsLink?.troubleOf(app),
      hasDns: completeServices(configuration.services).includes('dns'),
    })
    this.#renewal = new Renewal(link, auditor.table, telemetry, async renewed => {
      this.#events.publish({ type: 'renewed', ...renewed })
      return (await this.#dnsLink?.tell()) ?? true
    })
    observeGateway(telemetry, this.#table, auditor.table, link)
  }

  /** Open the app ports and the admin API, or throw a Fault. Tor need not be there: streams then fail. */
  static async open(options: GatewayOptions): Promise<Gateway> {
    const { layout, stateDirectory, configuration } = options
    await openPrivateDirectory(stateDirectory)
    for (const path of [layout.gatewayDirectory, layout.appsDirectory]) await openSocketDirectory(layout, path)
    const gateway = new Gateway(options, await locateTor(configuration, layout))
    try {
      await gateway.#start()
    } catch (cause) {
      await gateway.close()
      throw cause
    }
    return gateway
  }

  async close(): Promise<void> {
    await this.#settings.stop()
    this.#idleWatch.stop()
    await this.#dnsLink?.close()
    // First the table, which has the control ports follow it.
    await this.#table.close()
    await this.#controlPorts.close()
    await this.#jobs?.close()
    this.#audit.stop()
    this.#events.close()
    await this.#doors?.close()
  }

  /** Take in that the machine slept; what follows belongs to the trace of `parent`. */
  resumed(parent: SpanContext | undefined): void {
    this.#jobs?.resumed(parent)
  }

  /** Read the configuration again now. */
  reload(): void {
    this.#settings.reload()
  }

  async #start(): Promise<void> {
    const { configuration, stateDirectory, layout, telemetry } = this.#options
    const services = completeServices(configuration.services)
    const registrar = await AppRegistrar.open(this.#table, new RegistryFile(stateDirectory), services)
    await registrar.configure(configuration.apps)
    const watchIdle = (): void => this.#idleWatch.restart(this.#settings.limits.idleSeconds)
    watchIdle()
    const dependencies: AdminDependencies = {
      registrar,
      telemetry,
      view: this.#view,
      clock: ({ state }) => {
        this.#clock = state
      },
      viewClock: () => viewClock(this.#audit.link, this.#clock),
      renew: async (app, parent) => await this.#renewal.renew(this.#table.find(app), parent),
      audit: () => this.#audit.report(),
      acknowledge: () => this.#audit.acknowledge(),
      formatProof: () => this.#audit.auditor.formatProof(),
      events: this.#events,
    }
    const doors = new AdminDoors(dependencies, { layout, stateDirectory, users: this.#users })
    this.#doors = doors
    await doors.open()
    await doors.follow(configuration.admin?.port)
    // First what may fail by itself: then the old configuration stays live as a whole.
    const take = async ({ admin, apps }: Configuration): Promise<void> => {
      await doors.follow(admin?.port)
      await registrar.configure(apps)
    }
    this.#settings.follow(take, watchIdle)
    const redis = configuration.redis ?? { socket: layout.redisSocket }
    const { link, verifier } = this.#audit
    const health = async (): Promise<void> => await link.checkHealth()
    this.#jobs = await GatewayJobs.open({ redis, stateDirectory, telemetry, verifier, health })
    this.#dnsLink = await DnsLink.open(this.#table, layout)
    if (link.state.control === 'connected') this.#jobs.verify()
  }

  /** A clock that was right and has not been measured for a while has hardly moved; one that was never, may be anywhere. */
  #isClockTrusted(): boolean {
    return this.#clock !== 'untrusted'
  }
}
