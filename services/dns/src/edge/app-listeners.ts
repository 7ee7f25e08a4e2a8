import type { Socket as DatagramSocket } from 'node:dgram'
import { createServer, type Server, type Socket } from 'node:net'
import type { RuntimeLayout } from '@cordon/shared/contracts'
import { Fault, systemCode } from '@cordon/shared/errors'
import type { AppId } from '@cordon/shared/isolation'
import { listenPrivately, type PortUsers, peerUid } from '@cordon/shared/runtime/edge'
import type { AppResolver } from './app-resolver.ts'
import { converse } from './stream-listener.ts'
import { openUdpListener, tellsSenders } from './udp-listener.ts'

const LOOPBACK = '127.0.0.1'
/** Connections of one listener at once. A program has one or two. Arbitrary. */
const CONNECTIONS_MOST = 64

/** RFC 7766 section 6.2.3 leaves it to the server; ten seconds is what most take. */
const IDLE_MS = 10_000

/** Where the names of one app are asked. */
export interface AppListeners {
  /** Why it is not asked everywhere, though it works; undefined when it is. */
  readonly trouble: string | undefined
  close(): Promise<void>
}

/**
 * Listen for one app: UDP and TCP on 127.0.0.1, for its users' programs alone, and on an AF_UNIX socket.
 *
 * Throws a Fault `DNS_PORT_TAKEN` or `HOST_SOCKET_UNUSABLE`; then nothing listens.
 */
export async function openAppListeners(
  resolver: AppResolver,
  {
    layout,
    users,
    idleMs = IDLE_MS,
  }: { readonly layout: RuntimeLayout; readonly users: PortUsers; readonly idleMs?: number },
): Promise<AppListeners> {
  const { dnsPort: port, id } = resolver.app
  const opened: Server[] = []
  let udp: DatagramSocket | undefined
  try {
    udp = await openUdpListener({
      address: LOOPBACK,
      port,
      users,
      respondAtOnce: (message, bytes, response, now) => resolver.respondAtOnce(message, bytes, response, now),
      onMessage: (message, respond) => resolver.answer(message, 'udp', 'loopback', respond),
    })
    // A port number is not authentication: any local user can connect to it.
    const tcp = serve(
      idleMs,
      socket => users(peerUid(socket)),
      (message, respond) => resolver.answer(message, 'tcp', 'loopback', respond),
    )
    await new Promise<void>((resolve, reject) => {
      tcp.once('error', reject)
      tcp.listen({ host: LOOPBACK, port, exclusive: true }, () => {
        tcp.off('error', reject)
        resolve()
      })
    })
    opened.push(tcp)
    const local = serve(
      idleMs,
      () => true,
      (message, respond) => resolver.answer(message, 'tcp', 'socket', respond),
    )
    await listenPrivately(local, layout.appDnsSocket(id as AppId), layout.access)
    opened.push(local)
  } catch (cause) {
    udp?.close()
    await Promise.all(opened.map(close))
    throw cause instanceof Fault ? cause : portTaken(id, port, cause)
  }
  const trouble = tellsSenders({ address: LOOPBACK, port })
    ? undefined
    : 'the kernel does not tell who asks over UDP (udp_diag), so names are answered over TCP alone'
  return {
    trouble,
    close: async () => {
      udp?.close()
      await Promise.all(opened.map(close))
    },
  }
}

const connections = new WeakMap<Server, Set<Socket>>()

function serve(
  idleMs: number,
  mayAsk: (socket: Socket) => boolean,
  onMessage: (message: Buffer, respond: (response: Buffer) => void) => void,
): Server {
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    if (open.size >= CONNECTIONS_MOST || !mayAsk(socket)) {
      socket.destroy()
      return
    }
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    converse(socket, idleMs, onMessage)
  })
  // After listen(2), an error is a failed accept (no descriptors): that connection is lost, the next may not be.
  server.on('error', () => {})
  connections.set(server, open)
  return server
}

async function close(server: Server): Promise<void> {
  const closed = new Promise(resolve => server.close(resolve))
  for (const socket of connections.get(server) ?? []) socket.destroy()
  await closed
}

const portTaken = (app: string, port: number, cause: unknown): Fault =>
  new Fault(
    'DNS_PORT_TAKEN',
    `the DNS port ${port} of app ${app} cannot be opened (${systemCode(cause) ?? 'unknown error'})`,
    {
      where: 'host',
      retry: 'after-waiting',
      next: 'Stop the program that uses it, or give the app another one with dns.port.',
      cause,
    },
  )
