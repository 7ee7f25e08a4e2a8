import { openWebConnection, type WebConnection } from '@cordon/shared/through-tor/edge'
import { acceptUpstreamAnswer, encodeUpstreamQuery, type Query, type UpstreamAnswer } from '../wire/index.ts'
import { ANSWER_MS, type Carrier, CONNECT_MS, IDLE_MS, notDns, type Route } from './carrier.ts'

const ANSWER_MOST_BYTES = 65_535

/** DNS over HTTPS (RFC 8484), HTTP/1.1: one question at a time. The id is 0, as section 4.1 asks for. */
export async function openHttpsCarrier({
  appSocket,
  authorities,
  credentials,
  resolver,
  onEnd,
}: Route): Promise<Carrier> {
  const { target, port, path } = resolver
  const address = { scheme: 'https', target, port, path } as const
  const connection = await openWebConnection({ appSocket, credentials, address, authorities, connectMs: CONNECT_MS })
  return new HttpsCarrier(connection, onEnd)
}

const MEDIA_TYPE = 'application/dns-message' // RFC 8484 section 6

class HttpsCarrier implements Carrier {
  readonly #connection: WebConnection
  readonly #idle: NodeJS.Timeout
  readonly #onEnd: () => void
  #last: Promise<unknown> = Promise.resolve()

  constructor(connection: WebConnection, onEnd: () => void) {
    this.#connection = connection
    this.#onEnd = onEnd
    this.#idle = setTimeout(() => this.close(), IDLE_MS)
  }

  async ask(query: Query): Promise<UpstreamAnswer> {
    this.#idle.refresh()
    const mine = this.#last.then(() => this.#exchange(query))
    this.#last = mine.catch(() => {}) // its own asker hears of it; the next one finds the connection closed
    return await mine
  }

  close(): void {
    clearTimeout(this.#idle)
    this.#onEnd()
    this.#connection.close()
  }

  async #exchange(query: Query): Promise<UpstreamAnswer> {
    const { status, fields, body } = await this.#connection.ask({
      method: 'POST',
      fields: [
        ['Accept', MEDIA_TYPE],
        ['Content-Type', MEDIA_TYPE],
      ],
      content: encodeUpstreamQuery(0, query),
      keepAlive: true,
      limits: { deadlineMs: ANSWER_MS, maxBytes: ANSWER_MOST_BYTES },
    })
    const chunks: Uint8Array[] = []
    for await (const chunk of body) chunks.push(chunk)
    this.#idle.refresh()
    const type = fields.find(([name]) => name === 'content-type')?.[1]
    if (status !== 200 || type !== MEDIA_TYPE) throw notDns(`status ${status}`)
    return acceptUpstreamAnswer(Buffer.concat(chunks), 0, query)
  }
}
