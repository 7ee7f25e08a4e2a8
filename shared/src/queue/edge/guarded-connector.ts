import type { StandaloneConnectionOptions } from 'ioredis'
import { StandaloneConnector } from 'ioredis/built/connectors/index.js'

type Emitter = Parameters<StandaloneConnector['connect']>[0]

/**
 * ioredis hears the first error of a socket and no other. A TLS handshake that fails has two: ours, that the peer is
 * not believed, and the alert that the peer sends on its way out. The second would end the process.
 */
export class GuardedConnector extends StandaloneConnector {
  constructor(options: unknown) {
    super(options as StandaloneConnectionOptions) // ioredis hands on the options of its client
  }

  override async connect(emitter: Emitter): ReturnType<StandaloneConnector['connect']> {
    const stream = await super.connect(emitter)
    stream.on('error', () => {}) // the first was reported, and 'close' follows
    return stream
  }
}
