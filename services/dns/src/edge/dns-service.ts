import { closeApi, openApi } from '@cordon/shared/api/edge/api-server'
import type { DnsApp, RuntimeLayout } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import type { AppId } from '@cordon/shared/isolation'
import type { PartStart } from '@cordon/shared/part/edge'
import { choosePortUsers, openSocketDirectory, withDeadline } from '@cordon/shared/runtime/edge'
import type { FastifyInstance } from 'fastify'
import { AppDirectory } from './app-directory.ts'
import { lookUp } from './app-lookup.ts'
import { buildDnsApi } from './dns-api.ts'
import { DnsJobs } from './dns-jobs.ts'
import { GatewayLink } from './gateway-link.ts'
import { MachineNames } from './machine-names.ts'
import { prepareUpstream, type Upstream } from './upstream.ts'

/** The gateway is ready before dns is started; if it does not speak for so long, the start has failed. */
const FIRST_APPS_MS = 10_000

/** The authorities vouch for resolvers, besides the well-known ones. */
export type DnsServiceOptions = Pick<
  PartStart,
  'configuration' | 'stateDirectory' | 'layout' | 'authorities' | 'telemetry'
>

/** Answers the names of every app, each on listeners, from a cache and through a port of its own. */
export class DnsService {
  readonly #options: DnsServiceOptions
  readonly #layout: RuntimeLayout
  readonly #machine: MachineNames
  readonly #directory: AppDirectory
  readonly #link: GatewayLink
  #api: FastifyInstance | undefined
  #jobs: DnsJobs | undefined
  #isLinked = false

  private constructor(options: DnsServiceOptions, machine: MachineNames, onFirstApps: () => void) {
    const { telemetry, layout } = options
    this.#options = options
    this.#layout = layout
    this.#machine = machine
    this.#directory = new AppDirectory({
      layout: this.#layout,
      users: choosePortUsers(layout),
      telemetry,
      onTrouble: (app, trouble) => this.#link.tellTrouble(app, trouble),
      around: {
        lookUp,
        telemetry,
        link: { ask: question => this.#link.ask(question) },
        appSocket: app => this.#layout.appSocket(app as AppId),
        machine: () => machine.now,
        openUpstream: app => this.#openUpstream(app),
      },
    })
    this.#link = new GatewayLink({
      path: this.#layout.dnsLinkSocket,
      onApps: apps => {
        if (!this.#isLinked) {
          telemetry.log('dns.gateway.found')
          // What was heard since the link broke was heard by ports of this gateway or the one before: nobody can say.
          this.#directory.forgetAll()
        }
        this.#isLinked = true
        this.#count() // an app that has gone takes its counters along
        this.#directory.follow(apps)
        onFirstApps()
      },
      onLost: () => {
        // The next gateway counts its epochs anew: nothing that was heard before is anybody's now.
        this.#isLinked = false
        this.#directory.forgetAll()
        telemetry.log('dns.gateway.lost')
      },
    })
  }

  /** Open the listeners of all apps that the gateway names, and the API; or throw a Fault. */
  static async open(options: DnsServiceOptions): Promise<DnsService> {
    await openSocketDirectory(options.layout, options.layout.dnsDirectory)
    const machine = await MachineNames.open()
    const first = Promise.withResolvers<void>()
    const service = new DnsService(options, machine, first.resolve)
    try {
      await withDeadline(first.promise, FIRST_APPS_MS, gatewayIsAway)
      await service.#start()
    } catch (cause) {
      await service.close()
      throw cause
    }
    return service
  }

  async close(): Promise<void> {
    this.#count()
    this.#link.close()
    this.#machine.close()
    await this.#directory.close()
    await this.#jobs?.close()
    if (this.#api !== undefined) await closeApi(this.#api)
  }

  async #start(): Promise<void> {
    const { telemetry, stateDirectory, configuration } = this.#options
    await this.#directory.settled()
    const metrics = (): Promise<string> => {
      this.#count()
      return telemetry.metrics()
    }
    this.#api = buildDnsApi({
      telemetry: { ...telemetry, metrics },
      describe: (app, withNames) => this.#directory.describe(app, withNames),
    })
    await openApi(this.#api, this.#layout.dnsSocket, this.#layout)
    const redis = configuration.redis ?? { socket: this.#layout.redisSocket }
    this.#jobs = await DnsJobs.open({ redis, stateDirectory, telemetry, verify: () => this.#directory.verify() })
  }

  #openUpstream({ id, resolver }: DnsApp): Upstream | undefined {
    if (resolver === null) return undefined
    const { authorities, telemetry } = this.#options
    return prepareUpstream({
      appSocket: this.#layout.appSocket(id as AppId),
      address: resolver,
      authorities,
      onTrouble: () => telemetry.log('dns.resolver.trouble', { app: id }),
    })
  }

  /** Hand what was counted to the metrics, which somebody asks for now: one call instead of one a question. */
  #count(): void {
    for (const resolver of this.#directory.resolvers) {
      for (const [outcome, by] of Object.entries(resolver.takeOutcomes())) {
        if (by === 0) continue
        const attributes = { app: resolver.app.id, outcome: outcome as 'ok' | 'failed' | 'refused' }
        this.#options.telemetry.count('cordon.dns.queries', attributes, by)
      }
    }
  }
}

const gatewayIsAway = (): Fault =>
  new Fault('DNS_GATEWAY_UNREACHABLE', 'the gateway does not tell which apps there are', {
    where: 'local',
    retry: 'after-waiting',
    next: 'Wait for it to come back; `cordon status` shows what it waits for.',
  })
