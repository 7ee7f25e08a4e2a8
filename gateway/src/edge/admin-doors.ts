import { closeApi } from '@cordon/shared/api/edge/api-server'
import type { RuntimeLayout } from '@cordon/shared/contracts'
import { SerialQueue } from '@cordon/shared/runtime'
import type { PortUsers } from '@cordon/shared/runtime/edge'
import type { FastifyInstance } from 'fastify'
import { type AdminDependencies, openAdminDoor } from './admin-api.ts'
import { AdminToken } from './admin-token.ts'

export interface AdminDoorsOptions {
  readonly layout: RuntimeLayout
  /** Where the token of the TCP door is kept. */
  readonly stateDirectory: string
  readonly users: PortUsers
}

/** The admin API on its AF_UNIX socket, and if wanted on loopback with a token. */
export class AdminDoors {
  readonly #dependencies: AdminDependencies
  readonly #options: AdminDoorsOptions
  readonly #changes = new SerialQueue()
  #unix: FastifyInstance | undefined
  #tcp: { readonly port: number; readonly door: FastifyInstance } | undefined

  constructor(dependencies: AdminDependencies, options: AdminDoorsOptions) {
    this.#dependencies = dependencies
    this.#options = options
  }

  /** Open the AF_UNIX socket, or throw a Fault. */
  async open(): Promise<void> {
    const { gatewaySocket: path, access } = this.#options.layout
    this.#unix = await openAdminDoor(this.#dependencies, { type: 'unix', path, access })
  }

  /** Listen on that port of loopback and on no other; undefined on none. When it throws a Fault, all is as before. */
  async follow(port: number | undefined): Promise<void> {
    await this.#changes.run(async () => {
      const before = this.#tcp
      if (before?.port === port) return
      this.#tcp = port === undefined ? undefined : { port, door: await this.#openTcp(port) }
      if (before !== undefined) await closeApi(before.door)
    })
  }

  async close(): Promise<void> {
    await this.follow(undefined)
    if (this.#unix !== undefined) await closeApi(this.#unix)
  }

  async #openTcp(port: number): Promise<FastifyInstance> {
    const { stateDirectory, users } = this.#options
    const token = await AdminToken.open(stateDirectory)
    return await openAdminDoor(this.#dependencies, { type: 'tcp', port, token, users })
  }
}
