import { hostname } from 'node:os'
import {
  type AppStatus,
  type Circuits,
  type Configuration,
  completeLimits,
  type GatewayStatus,
  type Limits,
  type Renewed,
  type RuntimeLayout,
} from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import { openPrivateDirectory, readFileBounded } from '@cordon/shared/runtime/edge'
import { closeCircuit } from '@cordon/shared/tor-control'
import type { FastifyInstance } from 'fastify'
import { CircuitTable } from '../audit/index.ts'
import { buildAdminApi, closeAdmin, listenForAdmin } from './admin-api.ts'
import { AppRegistrar } from './app-registrar.ts'
import { describeApp } from './app-status.ts'
import { AppTable } from './app-table.ts'
import { reportCircuits } from './circuit-report.ts'
import { readConfiguration, watchConfiguration } from './configuration-file.ts'
import { readStreamBudget } from './descriptor-budget.ts'
import type { LiveApp } from './live-app.ts'
import { RegistryFile } from './registry-file.ts'
import { RelayCountries } from './relay-countries.ts'
import type { SessionSettings } from './session.ts'
import { TorLink } from './tor-link.ts'

/** A password that a person typed is shorter. Arbitrary. */
const PASSWORD_MAX_BYTES = 1024

export interface GatewayOptions {
  readonly configurationPath: string
  readonly stateDirectory: string
  readonly layout: RuntimeLayout
  warn(message: string): void
}

/** The gateway: app ports, isolation, the view of tor, and the admin API. */
export class Gateway {
  readonly #options: GatewayOptions
  readonly #circuits = new CircuitTable()
  readonly #table: AppTable
  readonly #link: TorLink
  readonly #countries: RelayCountries
  readonly #streamBudget = readStreamBudget()
  readonly #machineNames = new Set([hostname().toLowerCase()])
  readonly #external: NonNullable<Configuration['tor']>['external']
  #limits: Limits
  #configurationTrouble: string | null = null
  #idleTimer: NodeJS.Timeout | undefined
  #unwatch: (() => void) | undefined
  #admin: FastifyInstance | undefined
  /** Apps that were renewed while tor could not be told to close their circuits. */
  readonly #unclosed = new Set<LiveApp>()

  private constructor(options: GatewayOptions, configuration: Configuration, password: string | undefined) {
    this.#options = options
    this.#limits = completeLimits(configuration.limits)
    this.#external = configuration.tor?.external
    const { layout, warn } = options
    this.#table = new AppTable({
      socketPath: app => layout.appSocket(app),
      settings: () => this.#sessionSettings(),
      ownerUid: process.getuid?.() ?? -1,
      warn,
    })
    const control = this.#external?.control
    this.#link = new TorLink({
      socketPath: control === undefined ? layout.torControlSocket : pathOf(control),
      password,
      table: this.#circuits,
      onConnected: () => void this.#closeLeftovers(),
      warn,
    })
    this.#countries = new RelayCountries(this.#link)
  }

  /** Open the app ports and the admin API, or throw a Fault. Tor need not be there: streams then fail. */
  static async open(options: GatewayOptions): Promise<Gateway> {
    const { layout, stateDirectory, configurationPath } = options
    for (const path of [layout.directory, layout.appsDirectory, stateDirectory]) await openPrivateDirectory(path)
    const configuration = await readConfiguration(configurationPath)
    const gateway = new Gateway(options, configuration, await readPassword(configuration))
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
    this.#link.stop()
    await this.#table.close()
    if (this.#admin !== undefined) await closeAdmin(this.#admin)
  }

  async #start(configuration: Configuration): Promise<void> {
    const registrar = await AppRegistrar.open(this.#table, new RegistryFile(this.#options.stateDirectory))
    await registrar.configure(configuration.apps)
    this.#restartIdleTimer()
    this.#unwatch = watchConfiguration(this.#options.configurationPath, () => void this.#reload(registrar))
    this.#admin = buildAdminApi({
      registrar,
      status: () => this.#status(),
      describe: app => this.#describe(app),
      circuits: app => this.#report(app),
      renew: app => this.#renew(app),
    })
    await listenForAdmin(this.#admin, this.#options.layout.gatewaySocket)
  }

  /** Follow a changed file. With a mistake in it the old one stays live, and the status says so. */
  async #reload(registrar: AppRegistrar): Promise<void> {
    try {
      const configuration = await readConfiguration(this.#options.configurationPath)
      await registrar.configure(configuration.apps)
      this.#limits = completeLimits(configuration.limits)
      this.#restartIdleTimer()
      this.#configurationTrouble = null
    } catch (cause) {
      this.#configurationTrouble = explain(cause)
      // Which mistake may name a host: that is for the status, which only this user sees, and not for a log.
      this.#options.warn('the changed configuration has a mistake and is not followed; see `cordon status`')
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
    const { layout } = this.#options
    return {
      handshakeMs: this.#limits.handshakeSeconds * 1000,
      connectMs: this.#limits.connectSeconds * 1000,
      handshakesPerApp: this.#limits.handshakesPerApp,
      streamsPerApp: this.#limits.streamsPerApp,
      hasRoom: () => this.#countSessions() < this.#streamBudget,
      socksSocket: circuits => this.#socksSocket(circuits, layout),
      machineNames: this.#machineNames,
    }
  }

  #socksSocket(circuits: 'long' | 'short', layout: RuntimeLayout): string {
    if (this.#external === undefined) return circuits === 'long' ? layout.torSocksSocket : layout.torSocksShortSocket
    const { socks, socksShort } = this.#external
    return pathOf(circuits === 'short' ? (socksShort ?? socks) : socks)
  }

  #countSessions(): number {
    let count = 0
    for (const { sessions } of this.#table.apps) count += sessions.size
    return count
  }

  #status(): GatewayStatus {
    const tor = this.#link.state
    const troubled = tor.control === 'lost' || this.#configurationTrouble !== null
    return {
      state: troubled ? 'degraded' : tor.progress < 100 ? 'starting' : 'ready',
      tor,
      apps: this.#table.apps.map(app => this.#describe(app)),
      configurationTrouble: this.#configurationTrouble,
    }
  }

  #describe(app: LiveApp): AppStatus {
    const { id } = app.declared
    return describeApp(app, {
      socket: this.#options.layout.appSocket(id),
      circuits: this.#circuits.circuitsOf(app.identity.tag).length,
      trouble: this.#table.troubleOf(id),
    })
  }

  async #report(app: string | undefined): Promise<Circuits> {
    const apps = app === undefined ? this.#table.apps : [this.#table.find(app)]
    return await reportCircuits(apps, this.#circuits, this.#countries)
  }

  /** Raise the app's nym epoch, end its streams, and have tor close its circuits; others notice nothing. */
  async #renew(name: string): Promise<Renewed> {
    const app = this.#table.find(name)
    // First the epoch: from here on no stream can get onto an old circuit, whatever happens below.
    const nymEpoch = app.identity.renew()
    const streamsClosed = app.closeSessions()
    if (this.#link.state.control === 'lost') this.#unclosed.add(app)
    const circuitsClosed = await this.#closeCircuits(app)
    return { id: app.declared.id, nymEpoch, circuitsClosed, streamsClosed }
  }

  async #closeCircuits(app: LiveApp): Promise<number> {
    const circuits = this.#circuits.circuitsOf(app.identity.tag)
    // A circuit that has gone meanwhile is answered with an error (552), and is as closed as the others.
    const answers = await Promise.all(circuits.map(({ id }) => this.#link.tell(closeCircuit(id))))
    return answers.length
  }

  async #closeLeftovers(): Promise<void> {
    for (const app of this.#unclosed) {
      this.#unclosed.delete(app)
      // Lost again: nothing can use these circuits, and tor lets go of them by itself.
      await this.#closeCircuits(app).catch(() => {})
    }
  }
}

/** The path of an address that the configuration's schema admits: `unix:/PATH`. */
const pathOf = (address: string): string => address.slice('unix:'.length)

async function readPassword(configuration: Configuration): Promise<string | undefined> {
  const path = configuration.tor?.external?.passwordFile
  if (path === undefined) return undefined
  const bytes = await readFileBounded(path, PASSWORD_MAX_BYTES)
  if (bytes !== undefined) return bytes.toString('utf8').replace(/\n$/, '')
  throw new Fault('CFG_UNREADABLE', `${path}, the passwordFile of the external tor, is not there`, {
    where: 'host',
    retry: 'never',
    next: 'Write the control password into it, readable for you alone.',
  })
}
