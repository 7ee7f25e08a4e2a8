import type { Socket } from 'node:net'
import type { ApiDoor } from '@cordon/shared/api'
import { makeApi, openApi } from '@cordon/shared/api/edge/api-server'
import type { Access } from '@cordon/shared/contracts'
import { Fault, type FaultCode, systemCode } from '@cordon/shared/errors'
import { type PortUsers, peerUid } from '@cordon/shared/runtime/edge'
import type { Telemetry } from '@cordon/shared/telemetry'
import type { FastifyInstance } from 'fastify'
import type { AdminToken } from './admin-token.ts'

/** Where the API listens, and for TCP who may come in. */
export type AdminListener =
  | (ApiDoor & { readonly type: 'unix'; readonly path: string; readonly access: Access })
  | (ApiDoor & { readonly type: 'tcp'; readonly token: AdminToken; readonly users: PortUsers })

const STATUS_CODES: Partial<Record<FaultCode, number>> = {
  GW_APP_UNKNOWN: 404,
  GW_APP_EXISTS: 409,
  GW_APP_CONFIGURED: 409,
  GW_APP_RESERVED: 409,
  GW_PORT_TAKEN: 409,
  GW_TOR_UNREACHABLE: 503,
}

/** Make an API that has no routes yet and lets nobody in who should not be. It does not listen. */
export function makeAdminServer(listener: AdminListener, telemetry: Telemetry): FastifyInstance {
  const onRefused = (): void => telemetry.log('gateway.admin.refused')
  const admin = makeApi({ door: listener, statusCodes: STATUS_CODES, onRefused })
  if (listener.type === 'tcp') demandToken(admin, listener, onRefused)
  return admin
}

const TOKEN_REFUSALS = {
  wrong: { status: 401, message: 'the token is missing or wrong' },
  limited: { status: 429, message: 'too many wrong tokens; wait ten seconds' },
} as const

/** A port number is not authentication, and a token could have been read by another: both must be right. */
function demandToken(
  admin: FastifyInstance,
  { token, users }: Extract<AdminListener, { type: 'tcp' }>,
  onRefused: () => void,
): void {
  admin.server.on('connection', (socket: Socket) => {
    if (!users(peerUid(socket))) socket.destroy()
  })
  admin.addHook('onRequest', async ({ headers }, reply) => {
    const judgement = token.judge(headers.authorization)
    if (judgement === 'right') return undefined
    onRefused()
    const { status, message } = TOKEN_REFUSALS[judgement]
    const problem = { code: 'GW_REQUEST_INVALID', message, next: null }
    return await reply.code(status).header('connection', 'close').send(problem)
  })
}

/** Let it listen: on an AF_UNIX socket that is only its users' from its first instant, or on 127.0.0.1. */
export async function listenForAdmin(admin: FastifyInstance, listener: AdminListener): Promise<void> {
  if (listener.type === 'unix') return await openApi(admin, listener.path, listener)
  await admin.ready()
  await listenOnLoopback(admin, listener.port)
}

async function listenOnLoopback({ server }: FastifyInstance, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => reject(portTaken(port, cause)))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.removeAllListeners('error').on('error', () => {}) // a failed accept: the next one may not be
      resolve()
    })
  })
}

const portTaken = (port: number, cause: unknown): Fault =>
  new Fault('GW_PORT_TAKEN', `admin.port ${port} cannot be opened (${systemCode(cause) ?? 'unknown error'})`, {
    where: 'host',
    retry: 'after-waiting',
    next: 'Stop the program that uses it, or name another port.',
    cause,
  })
