import { randomBytes } from 'node:crypto'
import type { Access } from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import { type AppId, formatAppTag, SECRET_BYTES, TAG_BYTES } from '@cordon/shared/isolation'
import { SerialQueue } from '@cordon/shared/runtime'
import type { PortUsers } from '@cordon/shared/runtime/edge'
import type { Telemetry } from '@cordon/shared/telemetry'
import { type DeclaredApp, planChanges } from '../apps/index.ts'
import { AppIdentity } from '../streams/index.ts'
import { type AppPort, openAppPort } from './app-port.ts'
import { LiveApp } from './live-app.ts'
import { Session, type SessionSettings } from './session.ts'

/** How often a port that was taken is tried again. Arbitrary. */
const RETRY_MS = 5000

interface Entry {
  readonly app: LiveApp
  port: AppPort | undefined
  trouble: string | undefined
}

export interface AppTableOptions {
  socketPath(app: AppId): string
  /** Asked at each connection, so that new limits hold for the next one. */
  settings(): SessionSettings
  readonly access: Access
  readonly users: PortUsers
  /** Called when the apps have changed: what belongs to them follows. */
  onApplied(apps: readonly LiveApp[]): Promise<void>
  /** Called every now and then: what could not be opened for them may be by now. */
  onRetried(apps: readonly LiveApp[]): Promise<void>
  readonly telemetry: Telemetry
}

/** The apps that live now, each with its listeners. Changing one never touches another. */
export class AppTable {
  readonly #options: AppTableOptions
  readonly #secret = randomBytes(SECRET_BYTES)
  readonly #entries = new Map<AppId, Entry>()
  /** Two that open at once would find each other's port taken, and one that is closed meanwhile would stay open. */
  readonly #changes = new SerialQueue()
  /** By tag: each event of tor asks. */
  readonly #owners = new Map<string, AppId>()
  readonly #retry: NodeJS.Timeout
  #isClosed = false

  constructor(options: AppTableOptions) {
    this.#options = options
    this.#retry = setInterval(() => void this.#changes.run(() => this.#openMissing()), RETRY_MS)
    this.#retry.unref()
  }

  get apps(): readonly LiveApp[] {
    return [...this.#entries.values()].map(({ app }) => app)
  }

  get(id: string): LiveApp | undefined {
    return this.#entries.get(id as AppId)?.app
  }

  /** Count the connections of all apps that have been let in. */
  countSessions(): number {
    let count = 0
    for (const { app } of this.#entries.values()) count += app.sessions.size
    return count
  }

  /** Name the app whose tag a user name is, or undefined. */
  ownerOf(tag: string): AppId | undefined {
    return this.#owners.get(tag)
  }

  /** Find the app of that name, or throw a Fault `GW_APP_UNKNOWN`. */
  find(id: string): LiveApp {
    const app = this.get(id)
    if (app !== undefined) return app
    throw new Fault('GW_APP_UNKNOWN', 'there is no app of that name', {
      where: 'local',
      retry: 'never',
      next: 'See `cordon apps` for the names, or add it with `cordon apps add NAME`.',
    })
  }

  /** Say why the app's port does not listen, or undefined when it does. */
  troubleOf(id: AppId): string | undefined {
    return this.#entries.get(id)?.trouble
  }

  /** Make the apps as declared. A port that cannot be opened is that app's trouble, and tried again. */
  async apply(wanted: readonly DeclaredApp[]): Promise<void> {
    await this.#changes.run(() => this.#apply(wanted))
  }

  /** Stop listening and end every stream. What is applied later is not. */
  async close(): Promise<void> {
    clearInterval(this.#retry)
    this.#isClosed = true
    await this.#changes.run(async () => {
      for (const id of [...this.#entries.keys()]) await this.#close(id, true)
    })
  }

  async #apply(wanted: readonly DeclaredApp[]): Promise<void> {
    if (this.#isClosed) return
    const changes = planChanges(
      this.apps.map(({ declared }) => declared),
      wanted,
    )
    for (const declared of changes.update) this.get(declared.id)?.update(declared)
    for (const id of changes.close) await this.#close(id, !wanted.some(app => app.id === id))
    for (const declared of changes.open) await this.#open(declared)
    this.#sort(wanted)
    await this.#options.onApplied(this.apps)
  }

  /** Keep the order of the declarations, which is the one that people see: a map keeps that of its insertions. */
  #sort(wanted: readonly DeclaredApp[]): void {
    for (const { id } of wanted) {
      const entry = this.#entries.get(id)
      if (entry === undefined) continue
      this.#entries.delete(id)
      this.#entries.set(id, entry)
    }
  }

  async #open(declared: DeclaredApp): Promise<void> {
    const known = this.#entries.get(declared.id)
    known?.app.update(declared)
    const entry = known ?? {
      app: new LiveApp(declared, new AppIdentity(declared.id, formatAppTag(randomBytes(TAG_BYTES)), this.#secret)),
      port: undefined,
      trouble: undefined,
    }
    this.#entries.set(declared.id, entry)
    this.#owners.set(entry.app.identity.tag, declared.id)
    await this.#listen(entry)
  }

  async #listen(entry: Entry): Promise<void> {
    const { id, port } = entry.app.declared
    try {
      entry.port = await openAppPort(id, {
        port,
        socketPath: this.#options.socketPath(id),
        access: this.#options.access,
        users: this.#options.users,
        onConnection: socket => Session.serve(entry.app, this.#options.settings(), socket),
      })
      entry.trouble = undefined
    } catch (cause) {
      const trouble = cause instanceof Fault ? cause.message : explain(cause)
      if (entry.trouble === undefined) {
        this.#options.telemetry.log(
          'gateway.app.trouble',
          { app: id, ...(port === null ? {} : { appPort: port }) },
          cause,
        )
      }
      entry.trouble = trouble
    }
  }

  async #openMissing(): Promise<void> {
    if (this.#isClosed) return
    for (const entry of this.#entries.values()) if (entry.port === undefined) await this.#listen(entry)
    await this.#options.onRetried(this.apps)
  }

  /** Stop listening for an app; `forget` also ends its streams and drops its identity. */
  async #close(id: AppId, forget: boolean): Promise<void> {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    const closed = entry.port?.close()
    entry.port = undefined
    if (forget) {
      this.#entries.delete(id)
      this.#owners.delete(entry.app.identity.tag)
      entry.app.closeSessions()
      await closed // only without streams does it settle at once
    }
  }
}
