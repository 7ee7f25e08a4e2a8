import type { Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { CONTROL_PROFILES, type ControlProfile, type RuntimeLayout } from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import type { AppId } from '@cordon/shared/isolation'
import { SerialQueue } from '@cordon/shared/runtime'
import type { PortUsers } from '@cordon/shared/runtime/edge'
import type { Telemetry } from '@cordon/shared/telemetry'
import { type AppPort, openAppPort } from './app-port.ts'
import { serveControlClient } from './control-client.ts'
import type { LiveApp } from './live-app.ts'
import { openOnionGate } from './onion-gate.ts'
import { OnionAllowance } from './onion-services.ts'
import type { TorPlace } from './tor-place.ts'

/** Programs on one app's control socket at a time. Arbitrary. */
const MOST_CLIENTS = 16

export interface ControlPortsOptions {
  readonly layout: RuntimeLayout
  readonly tor: TorPlace
  readonly users: PortUsers
  readonly telemetry: Telemetry
  torVersion(): string | null
  renew(app: LiveApp): Promise<void>
  hasRoom(): boolean
}

interface Entry {
  readonly app: LiveApp
  /** The settings that it was opened by. */
  readonly by: readonly unknown[]
  readonly profile: ControlProfile
  readonly clients: Set<Socket>
  readonly onions: OnionAllowance
  port: AppPort | undefined
  trouble: string | undefined
}

/** The filtered control sockets of the apps that have one. */
export class ControlPorts {
  readonly #options: ControlPortsOptions
  readonly #entries = new Map<AppId, Entry>()
  readonly #changes = new SerialQueue()

  constructor(options: ControlPortsOptions) {
    this.#options = options
  }

  /** Say why the app's control socket does not listen, or undefined when it does or none is wanted. */
  troubleOf(app: AppId): string | undefined {
    return this.#entries.get(app)?.trouble
  }

  /** Open and close so that each of these apps has what its settings say. What does not change is not touched. */
  async follow(apps: readonly LiveApp[]): Promise<void> {
    await this.#changes.run(async () => {
      const troubles = new Map([...this.#entries].map(([id, { trouble }]) => [id, trouble]))
      const wanted = new Map(apps.filter(app => wishOf(app)[0] !== undefined).map(app => [app.declared.id, app]))
      for (const [id, entry] of this.#entries) {
        const app = wanted.get(id)
        if (app === entry.app && isDeepStrictEqual(wishOf(app), entry.by) && entry.port !== undefined) wanted.delete(id)
        else await this.#close(id, entry)
      }
      for (const app of wanted.values()) await this.#open(app, troubles.get(app.declared.id))
    })
  }

  async close(): Promise<void> {
    await this.follow([])
  }

  /** `said` is what was wrong with it the last time: that is tried again and again, and told once. */
  async #open(app: LiveApp, said: string | undefined): Promise<void> {
    const { layout, users, telemetry } = this.#options
    const { id, settings } = app.declared
    if (settings.control === undefined) return
    const profile = CONTROL_PROFILES[settings.control]
    const onions = new OnionAllowance(profile)
    const entry: Entry = {
      by: wishOf(app),
      app,
      profile,
      onions,
      clients: new Set(),
      port: undefined,
      trouble: undefined,
    }
    this.#entries.set(id, entry)
    try {
      entry.port = await openAppPort(id, {
        port: settings.controlPort ?? null,
        socketPath: layout.appControlSocket(id),
        access: layout.access,
        users,
        onConnection: socket => this.#serve(entry, socket),
      })
    } catch (cause) {
      entry.trouble = cause instanceof Fault ? cause.message : explain(cause)
      if (entry.trouble !== said) telemetry.log('gateway.app.trouble', { app: id }, cause)
    }
  }

  #serve({ app, profile, onions, clients }: Entry, socket: Socket): void {
    const { layout, tor, telemetry, torVersion, renew, hasRoom } = this.#options
    const { id } = app.declared
    if (clients.size >= MOST_CLIENTS) {
      socket.destroy()
      return
    }
    clients.add(socket)
    socket.on('close', () => clients.delete(socket))
    serveControlClient(socket, {
      app,
      profile,
      onions,
      tor,
      torVersion,
      renew: () => renew(app),
      openGate: port => openOnionGate({ layout, inward: layout.appInwardSocket(id), port, hasRoom }),
      onStranger: () => telemetry.log('gateway.control.stranger', { app: id }),
    })
  }

  async #close(id: AppId, { port, clients }: Entry): Promise<void> {
    this.#entries.delete(id)
    for (const socket of clients) socket.destroy()
    await port?.close()
  }
}

/** What of an app's settings decides about its control socket. */
const wishOf = ({ declared }: LiveApp): readonly [profile: string | undefined, port: number | undefined] => [
  declared.settings.control,
  declared.settings.controlPort,
]
