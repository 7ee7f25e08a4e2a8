import type { DnsApp, DnsStatus, RuntimeLayout } from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import type { AppId } from '@cordon/shared/isolation'
import type { PortUsers } from '@cordon/shared/runtime/edge'
import type { Telemetry } from '@cordon/shared/telemetry'
import { shareCache } from '../cache/index.ts'
import { type AppListeners, openAppListeners } from './app-listeners.ts'
import { AppResolver, type ResolverSurroundings } from './app-resolver.ts'
import { answersLocalhost } from './self-question.ts'

/** How often a port that was taken is tried again. Arbitrary. */
const RETRY_MS = 5000

/** A datagram may be lost, or this process held up beyond the time of one: opening anew cuts who is connected. */
const answersInTwo = async (port: number): Promise<boolean> =>
  (await answersLocalhost(port)) || (await answersLocalhost(port))

interface Entry {
  readonly resolver: AppResolver
  listeners: AppListeners | undefined
  trouble: string | undefined
  opening: Promise<void> | undefined
}

export interface AppDirectoryOptions {
  readonly layout: RuntimeLayout
  readonly around: ResolverSurroundings
  readonly users: PortUsers
  readonly telemetry: Telemetry
  onTrouble(app: string, trouble: string | null): void
}

/** The apps whose names are answered, each with its resolver and its listeners. */
export class AppDirectory {
  readonly #options: AppDirectoryOptions
  readonly #entries = new Map<string, Entry>()
  readonly #retry: NodeJS.Timeout

  constructor(options: AppDirectoryOptions) {
    this.#options = options
    this.#retry = setInterval(() => this.openMissing(), RETRY_MS)
    this.#retry.unref()
  }

  /** The resolvers of all apps. */
  get resolvers(): readonly AppResolver[] {
    return [...this.#entries.values()].map(({ resolver }) => resolver)
  }

  /** Make the apps as they are now. What is no longer so is not answered any more when this returns. */
  follow(apps: readonly DnsApp[]): void {
    const wanted = new Map(apps.map(app => [app.id, app]))
    for (const [id, entry] of this.#entries) {
      const app = wanted.get(id)
      const moved = app?.dnsPort !== entry.resolver.app.dnsPort
      if (app !== undefined) entry.resolver.update(app)
      if (moved) this.#closeListeners(entry)
      if (app === undefined) {
        entry.resolver.forget()
        this.#entries.delete(id)
      }
    }
    const cacheBytes = shareCache(apps.length)
    for (const { resolver } of this.#entries.values()) resolver.limitCache(cacheBytes)
    for (const app of apps) {
      if (this.#entries.has(app.id)) continue
      const resolver = new AppResolver(app, cacheBytes, this.#options.around)
      this.#entries.set(app.id, { resolver, listeners: undefined, trouble: undefined, opening: undefined })
    }
    this.openMissing()
  }

  /** Forget what every app has heard: who it was heard as is no longer known. */
  forgetAll(): void {
    for (const { resolver } of this.#entries.values()) resolver.forget()
  }

  /** Open the listeners that are not open. */
  openMissing(): void {
    for (const entry of this.#entries.values()) {
      if (entry.listeners === undefined) entry.opening ??= this.#open(entry).finally(() => (entry.opening = undefined))
    }
  }

  /** Settles when every listener that was missing has been opened or cannot be. */
  async settled(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ opening }) => opening))
  }

  /** Ask every listener for localhost, which needs nobody else, and open those again that do not answer. */
  async verify(): Promise<void> {
    for (const entry of this.#entries.values()) {
      if (entry.listeners === undefined || (await answersInTwo(entry.resolver.app.dnsPort))) continue
      this.#closeListeners(entry)
    }
    this.openMissing()
    await this.settled()
  }

  /** Describe one app; names only when they are asked for. */
  describe(id: string, withNames: boolean): DnsStatus | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined) return undefined
    const { resolver, trouble } = entry
    const { dnsPort, nymEpoch, virtual, resolver: upstream } = resolver.app
    return {
      id,
      dnsPort,
      socket: this.#options.layout.appDnsSocket(id as AppId),
      nymEpoch,
      virtual,
      resolver: upstream,
      resolverTrouble: resolver.resolverTrouble,
      trouble: trouble ?? null,
      counts: resolver.counts,
      cache: { entries: resolver.cache.size, bytes: resolver.cache.bytes, mostBytes: resolver.cache.mostBytes },
      inFlight: resolver.inFlight,
      ...(withNames ? { names: resolver.names() } : {}),
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#retry)
    const entries = [...this.#entries.values()]
    this.#entries.clear()
    await Promise.all(
      entries.map(async entry => {
        await entry.opening
        entry.resolver.forget()
        await entry.listeners?.close()
      }),
    )
  }

  async #open(entry: Entry): Promise<void> {
    const { layout, users, telemetry } = this.#options
    const { app } = entry.resolver
    const { id, dnsPort } = app
    try {
      const listeners = await openAppListeners(entry.resolver, { layout, users })
      // The app may have gone or moved while they were being opened.
      const isWanted = this.#entries.get(id) === entry && entry.resolver.app.dnsPort === dnsPort
      if (isWanted) entry.listeners = listeners
      else await listeners.close()
      this.#tell(entry, listeners.trouble)
    } catch (cause) {
      if (entry.trouble === undefined) telemetry.log('dns.app.trouble', { app: id, appPort: dnsPort }, cause)
      this.#tell(entry, cause instanceof Fault ? cause.message : explain(cause))
    }
  }

  #tell(entry: Entry, trouble: string | undefined): void {
    entry.trouble = trouble
    this.#options.onTrouble(entry.resolver.app.id, trouble ?? null)
  }

  #closeListeners(entry: Entry): void {
    const { listeners } = entry
    entry.listeners = undefined
    void listeners?.close()
  }
}
