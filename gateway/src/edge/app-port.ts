import { createServer, type Server, type Socket } from 'node:net'
import type { Access } from '@cordon/shared/contracts'
import { Fault, systemCode } from '@cordon/shared/errors'
import { listenPrivately, type PortUsers, peerUid } from '@cordon/shared/runtime/edge'
import { describeListener } from './listener-owner.ts'

/** Connections that the kernel holds while we are busy. Above what a desktop program opens at once; arbitrary. */
const BACKLOG = 4096

export interface AppPortOptions {
  /** Null opens no TCP port. */
  readonly port: number | null
  readonly socketPath: string
  readonly access: Access
  readonly users: PortUsers
  onConnection(socket: Socket): void
}

/** The listeners of one app. */
export interface AppPort {
  close(): Promise<void>
}

/**
 * Listen for one app: on TCP at 127.0.0.1 and ::1, if it has a port, for its users' processes alone, and on an AF_UNIX
 * socket.
 *
 * Throws a Fault `GW_PORT_TAKEN` that names the program in the way, if that can be known; then nothing listens.
 */
export async function openAppPort(app: string, options: AppPortOptions): Promise<AppPort> {
  const { port, onConnection } = options
  const own = (socket: Socket): void => {
    // A port number is not authentication: any local user can connect to it.
    if (options.users(peerUid(socket))) onConnection(socket)
    else socket.destroy()
  }
  const opened: Server[] = []
  try {
    if (port !== null) opened.push(await listenOnTcp('127.0.0.1', port, own))
    const six = port === null ? undefined : await listenOnTcp('::1', port, own).catch(ignoreMissingIPv6)
    if (six !== undefined) opened.push(six)
    const local = makeServer(onConnection)
    await listenPrivately(local, options.socketPath, options.access)
    opened.push(local)
  } catch (cause) {
    await Promise.all(opened.map(closeServer))
    throw cause instanceof Fault || port === null ? cause : portTaken(app, port, cause)
  }
  return { close: async () => void (await Promise.all(opened.map(closeServer))) }
}

function makeServer(onConnection: (socket: Socket) => void): Server {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, onConnection)
  // After listen(2), an error is a failed accept (no descriptors): that connection is lost, the next may not be.
  server.on('error', () => {})
  return server
}

async function listenOnTcp(host: string, port: number, onConnection: (socket: Socket) => void): Promise<Server> {
  const server = makeServer(onConnection)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: BACKLOG, exclusive: true, ipv6Only: host.includes(':') }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return server
}

function ignoreMissingIPv6(cause: unknown): undefined {
  if (systemCode(cause) === 'EADDRNOTAVAIL' || systemCode(cause) === 'EAFNOSUPPORT') return undefined
  throw cause
}

const closeServer = (server: Server): Promise<void> => new Promise(resolve => server.close(() => resolve()))

function portTaken(app: string, port: number, cause: unknown): Fault {
  const code = systemCode(cause) ?? 'unknown error'
  const owner = code === 'EADDRINUSE' ? describeListener(port) : undefined
  const why = owner === undefined ? `cannot be opened (${code})` : `is in use by ${owner}`
  return new Fault('GW_PORT_TAKEN', `port ${port} of app ${app} ${why}`, {
    where: 'host',
    retry: 'after-waiting',
    next: 'Stop the program that uses it, or give the app another port.',
    cause,
  })
}
