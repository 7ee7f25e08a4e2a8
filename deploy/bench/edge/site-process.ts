/**
 * The far side on loopback: one site, reached over TCP, and on an AF_UNIX socket behind just enough of tor's SocksPort.
 *
 * The AF_UNIX side takes any credentials and any target: the stream is the site's, whatever was asked for. It proves
 * nothing about isolation; it lets the gateway be measured without tor's own cost.
 */
import { createServer, type Socket } from 'node:net'
import { decodeUserPassword, encodeReply } from '@cordon/shared/socks'
import { serveSite } from './site.ts'

/** What the site says once, when it listens. */
export interface SiteAnnouncement {
  readonly port: number
}

/** As many as wait while thousands are opened at once. */
const BACKLOG = 4096

/** Version, one method, RFC 1929: what the gateway's dialer sends. */
const GREETING_BYTES = 3

/** A request is whole, or undefined: its length after the greeting, credentials included (RFC 1929, RFC 1928 section 4). */
function measureRequest(bytes: Buffer): number | undefined {
  const credentials = decodeUserPassword(bytes)
  if (credentials.type !== 'decoded') return undefined
  const request = bytes.subarray(credentials.consumed)
  if (request.length < 5) return undefined
  const address = request[3] === 1 ? 4 : request[3] === 4 ? 16 : 1 + (request[4] ?? 0)
  const length = 4 + address + 2
  return request.length >= length ? credentials.consumed + length : undefined
}

function serveSocks(socket: Socket): void {
  let bytes: Buffer = Buffer.alloc(0)
  let isGreeted = false
  const read = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk])
    if (!isGreeted && bytes.length >= GREETING_BYTES) {
      isGreeted = true
      bytes = bytes.subarray(GREETING_BYTES)
      socket.write(Buffer.of(5, 2))
    }
    const length = isGreeted ? measureRequest(bytes) : undefined
    if (length === undefined) return
    socket.off('data', read)
    // One write, as tor does it: the answer to the credentials and the reply.
    socket.write(Buffer.concat([Buffer.of(1, 0), encodeReply(0)]))
    serveSite(socket, bytes.subarray(length))
  }
  socket.on('data', read)
  socket.on('error', () => socket.destroy())
}

const options = { allowHalfOpen: true, noDelay: true }
const [socksPath = ''] = process.argv.slice(2)
const site = createServer(options, socket => serveSite(socket, Buffer.alloc(0)))
const socks = createServer(options, serveSocks)
await new Promise<void>(resolve => site.listen({ host: '127.0.0.1', port: 0, backlog: BACKLOG }, resolve))
await new Promise<void>(resolve => socks.listen({ path: socksPath, backlog: BACKLOG }, resolve))
const address = site.address()
process.on('disconnect', () => process.exit(0))
process.send?.({ port: typeof address === 'object' ? (address?.port ?? 0) : 0 } satisfies SiteAnnouncement)
