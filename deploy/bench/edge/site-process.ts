/**
 * The far side on loopback: one site, reached over TCP, and on an AF_UNIX socket behind just enough of tor's SocksPort.
 *
 * The AF_UNIX side takes any credentials and any target: the stream is the site's, whatever was asked for. It proves
 * nothing about isolation; it lets the gateway be measured without tor's own cost.
 */
import { createServer } from 'node:net'
import { serveSite } from './site.ts'
import { answerSocks } from './socks-stand-in.ts'

/** What the site says once, when it listens. */
export interface SiteAnnouncement {
  readonly port: number
}

/** As many as wait while thousands are opened at once. */
const BACKLOG = 4096

const options = { allowHalfOpen: true, noDelay: true }
const [socksPath = ''] = process.argv.slice(2)
const site = createServer(options, socket => serveSite(socket, Buffer.alloc(0)))
const socks = createServer(options, socket => answerSocks(socket, serveSite))
await new Promise<void>(resolve => site.listen({ host: '127.0.0.1', port: 0, backlog: BACKLOG }, resolve))
await new Promise<void>(resolve => socks.listen({ path: socksPath, backlog: BACKLOG }, resolve))
const address = site.address()
process.on('disconnect', () => process.exit(0))
process.send?.({ port: typeof address === 'object' ? (address?.port ?? 0) : 0 } satisfies SiteAnnouncement)
