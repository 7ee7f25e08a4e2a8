import { closeApi } from '@cordon/shared/api/edge/api-server'
import type { RuntimeLayout } from '@cordon/shared/contracts'
import type { PortUsers } from '@cordon/shared/runtime/edge'
import type { FastifyInstance } from 'fastify'
import { type AdminDependencies, openAdminDoor } from './admin-api.ts'
import { AdminToken } from './admin-token.ts'

export interface AdminDoorsOptions {
  readonly layout: RuntimeLayout
  /** Where the token of the TCP door is kept. */
  readonly stateDirectory: string
  /** Undefined opens no TCP door. */
  readonly port: number | undefined
  readonly users: PortUsers
}

/** The admin API on its AF_UNIX socket, and if wanted on loopback with a token. */
export class AdminDoors {
  readonly #open: FastifyInstance[] = []

  /** Open them, or throw a Fault; what is open by then closes with {@link close}. */
  async open(dependencies: AdminDependencies, options: AdminDoorsOptions): Promise<void> {
    const { layout, stateDirectory, port, users } = options
    const { gatewaySocket: path, access } = layout
    this.#open.push(await openAdminDoor(dependencies, { type: 'unix', path, access }))
    if (port === undefined) return
    const token = await AdminToken.open(stateDirectory)
    this.#open.push(await openAdminDoor(dependencies, { type: 'tcp', port, token, users }))
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map(closeApi))
  }
}
