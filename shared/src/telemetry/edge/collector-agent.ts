import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { Fault } from '../../errors/index.ts'
import type { CollectorAddress } from '../index.ts'

/** Opens a stream through an app port, which resolves the name; it is never resolved here. */
export type DialThroughTor = (host: string, port: number) => Promise<Duplex>

/** Make the way to a collector, or throw a Fault `TEL_COLLECTOR_REMOTE` for one beyond this machine without `dial`. */
export function openCollectorAgent(address: CollectorAddress, dial: DialThroughTor | undefined): Agent {
  // One socket: a second would only hold what the first cannot get rid of.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  if (address.type === 'local') return agent
  if (dial === undefined) {
    throw new Fault('TEL_COLLECTOR_REMOTE', 'the collector is beyond this machine', {
      where: 'host',
      retry: 'never',
      next: 'Name a collector on 127.0.0.1, [::1] or an AF_UNIX socket.',
    })
  }
  agent.createConnection = (_options, callback) => {
    const done = callback ?? (() => {})
    dial(address.host, address.port).then(
      stream => done(null, address.tls ? connectTls({ socket: stream, servername: address.host }) : stream),
      cause => done(cause instanceof Error ? cause : new Error('the dialer failed', { cause }), undefined as never),
    )
    return undefined
  }
  return agent
}
