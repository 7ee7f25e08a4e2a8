import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import type { Access } from '@cordon/shared/contracts'
import { closeHttpServer, listenPrivately, type PortUsers, peerUid } from '@cordon/shared/runtime/edge'
import type { Telemetry } from '@cordon/shared/telemetry'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type AdminDoor, judgeAdminRequest } from '../policy/index.ts'
import type { AdminToken } from './admin-token.ts'

/** No request of ours comes near: settings of one app. */
const BODY_LIMIT_BYTES = 65_536
const HEADER_LIMIT_BYTES = 8192

/** What a client may take, in ms. */
export interface AdminDeadlines {
  readonly headersMs: number
  /** For all of its request. */
  readonly requestMs: number
  /** How often Node looks for those who take longer. */
  readonly lookMs: number
}

/** Requests of ours take milliseconds. Arbitrary. */
const DEADLINES: AdminDeadlines = { headersMs: 5000, requestMs: 10_000, lookMs: 1000 }

/** A handful of commands and watchers. Arbitrary. */
const MOST_CONNECTIONS = 128

/** Where the API listens, and for TCP who may come in. */
export type AdminListener =
  | (AdminDoor & { readonly type: 'unix'; readonly path: string; readonly access: Access })
  | (AdminDoor & { readonly type: 'tcp'; readonly token: AdminToken; readonly users: PortUsers })

/** Make an HTTP server that has no routes yet and lets nobody in who should not be. It does not listen. */
export function makeAdminServer(
  listener: AdminListener,
  telemetry: Telemetry,
  { headersMs, requestMs, lookMs }: AdminDeadlines = DEADLINES,
): FastifyInstance {
  const admin = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: requestMs,
    forceCloseConnections: true,
    serverFactory: handler => {
      const server = createServer(
        {
          maxHeaderSize: HEADER_LIMIT_BYTES,
          requestTimeout: requestMs,
          headersTimeout: headersMs,
          connectionsCheckingInterval: lookMs,
        },
        handler,
      )
      server.maxConnections = MOST_CONNECTIONS
      if (listener.type === 'tcp') server.on('connection', socket => admitUsers(socket, listener.users))
      return server
    },
    clientErrorHandler: (_cause, socket) => {
      telemetry.log('gateway.admin.refused')
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      socket.destroySoon()
    },
  }).setValidatorCompiler(TypeBoxValidatorCompiler)
  admin.removeAllContentTypeParsers()
  const parse = admin.getDefaultJsonParser('error', 'error')
  admin.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // What needs no body may come without one.
    if (body === '') done(null, undefined)
    else void parse(request, String(body), done)
  })
  admin.addHook('onRequest', async (request, reply) => {
    const objection = object(request, listener)
    if (objection === undefined) return undefined
    telemetry.log('gateway.admin.refused')
    return await refuse(reply, objection)
  })
  return admin
}

interface Objection {
  readonly status: 401 | 403 | 429
  readonly why: string
}

const WHY = {
  host: 'the Host is not this machine',
  origin: 'no web page may ask this',
  upgrade: 'there is nothing to upgrade to',
  'content-type': 'the body must be application/json',
} as const

function object({ method, headers }: FastifyRequest, listener: AdminListener): Objection | undefined {
  const refusal = judgeAdminRequest({ method, headers }, listener)
  if (refusal !== undefined) return { status: 403, why: WHY[refusal] }
  if (listener.type === 'unix') return undefined // its mode has let in nobody else
  switch (listener.token.judge(headers.authorization)) {
    case 'right':
      return undefined
    case 'wrong':
      return { status: 401, why: 'the token is missing or wrong' }
    case 'limited':
      return { status: 429, why: 'too many wrong tokens; wait ten seconds' }
  }
}

const refuse = (reply: FastifyReply, { status, why }: Objection): FastifyReply =>
  reply.code(status).header('connection', 'close').send({ code: 'GW_REQUEST_INVALID', message: why, next: null })

/** A port number is not authentication, and a token could have been read by another: both must be right. */
function admitUsers(socket: Socket, users: PortUsers): void {
  if (!users(peerUid(socket))) socket.destroy()
}

/** Let it listen: on an AF_UNIX socket that is only its users' from its first instant, or on 127.0.0.1. */
export async function listenForAdmin(admin: FastifyInstance, listener: AdminListener): Promise<void> {
  await admin.ready()
  if (listener.type === 'unix') await listenPrivately(admin.server, listener.path, listener.access)
  else await listenOnLoopback(admin, listener.port)
}

async function listenOnLoopback({ server }: FastifyInstance, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Stop listening and cut what is still asked. */
export async function closeAdmin(admin: FastifyInstance): Promise<void> {
  await closeHttpServer(admin.server)
  await admin.close()
}
