import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import { Fault } from '../../errors/index.ts'
import type { CollectorAddress } from '../index.ts'

/** Opens a stream to a collector beyond this machine, whose name is resolved by tor; with `tls` its certificate is verified. */
export type DialThroughTor = (collector: {
  readonly host: string
  readonly port: number
  readonly tls: boolean
}) => Promise<Duplex>

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
    dial(address).then(
      stream => done(null, stream),
      cause => done(cause instanceof Error ? cause : new Error('the dialer failed', { cause }), undefined as never),
    )
    return undefined
  }
  return agent
}
