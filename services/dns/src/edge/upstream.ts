import { randomInt } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { type DnsResolver, parseDnsResolver } from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import { withDeadline } from '@cordon/shared/runtime/edge'
import type { Target } from '@cordon/shared/socks'
import {
  dialAppPort,
  freshCredentials,
  openWebConnection,
  type WebConnection,
  wrapInTls,
} from '@cordon/shared/through-tor/edge'
import {
  acceptUpstreamAnswer,
  encodeUpstreamQuery,
  frameMessage,
  MessageFrames,
  type Query,
  type UpstreamAnswer,
} from '../wire/index.ts'

/** A resolver that an app's settings name, asked through the app's own port. */
export interface Upstream {
  /** Why it could not be asked the last time; undefined when it could. */
  readonly trouble: string | undefined
  /** Ask it. Whatever happens, that is an answer: `failed` where none came. */
  ask(query: Query): Promise<UpstreamAnswer>
  /** End what is open and asked; nothing is opened any more. */
  close(): void
}

export interface UpstreamOptions {
  readonly appSocket: string
  /** tls:// or https://, as the settings have it. */
  readonly address: string
  /** Certificates (PEM) believed besides the well-known ones: the lab's, in the lab. */
  readonly authorities: readonly string[]
  onTrouble(): void
}

/** For the stream and for TLS, each. */
const CONNECT_MS = 20_000
const ANSWER_MS = 15_000
/** Questions on one connection that are not answered yet (RFC 7766 section 6.2.1.1 leaves the number to us). */
const PIPELINED_MOST = 32
/** RFC 7766 section 6.2.3: a few seconds; a circuit costs seconds to build, so longer here. Arbitrary. */
const IDLE_MS = 30_000
const ANSWER_MOST_BYTES = 65_535

/** What carries questions over one connection. */
interface Carrier {
  ask(query: Query): Promise<UpstreamAnswer>
  close(): void
}

/**
 * Open nothing yet: the first question opens the connection, and the next ones share it. It belongs to one app in one
 * nym epoch, under credentials of its own, so nothing else is on its circuit.
 */
export function prepareUpstream(options: UpstreamOptions): Upstream {
  const resolver = parseDnsResolver(options.address)
  const credentials = freshCredentials()
  let carrier: Promise<Carrier> | undefined
  let trouble: string | undefined
  let isClosed = false
  let open = 0

  const drop = (ended: Promise<Carrier>): void => {
    if (carrier === ended) carrier = undefined
  }
  const openCarrier = (): Promise<Carrier> => {
    // The configuration's laws refuse such an address; a registry that was edited by hand may hold one.
    if (resolver === undefined) return Promise.reject(unusable())
    const route = { ...options, credentials, resolver, onEnd: () => drop(opening) }
    const opening = resolver.protocol === 'tls' ? openTls(route) : openHttps(route)
    return opening
  }
  const fail = (thrown: unknown): UpstreamAnswer => {
    const before = trouble
    trouble = thrown instanceof Fault ? thrown.message : explain(thrown)
    if (before !== trouble) options.onTrouble()
    return { type: 'failed' }
  }
  return {
    get trouble() {
      return trouble
    },
    ask: async query => {
      if (isClosed || open >= PIPELINED_MOST) return { type: 'failed' }
      open += 1
      const mine = carrier ?? openCarrier()
      carrier = mine
      try {
        const answer = await withDeadline(
          mine.then(opened => opened.ask(query)),
          2 * CONNECT_MS + ANSWER_MS,
          tooLate,
        )
        trouble = undefined
        return answer
      } catch (thrown) {
        drop(mine)
        mine.then(
          opened => opened.close(),
          () => {}, // it never opened, which is what is said here
        )
        return fail(thrown)
      } finally {
        open -= 1
      }
    },
    close: () => {
      isClosed = true
      carrier?.then(
        opened => opened.close(),
        () => {}, // there is nothing to close
      )
    },
  }
}

interface Route extends UpstreamOptions {
  readonly credentials: ReturnType<typeof freshCredentials>
  readonly resolver: DnsResolver
  onEnd(): void
}

/** DNS over TLS (RFC 7858): questions in a row, answers in any order. */
async function openTls({ appSocket, authorities, credentials, resolver, onEnd }: Route): Promise<Carrier> {
  const { target, port, authName } = resolver
  const plain = await dialAppPort({ appSocket, credentials, target, port, deadlineMs: CONNECT_MS })
  const named: Target = authName === nameOf(target) ? target : { type: 'name', name: authName }
  const socket = await wrapInTls(plain, { target: named, authorities, deadlineMs: CONNECT_MS, protocol: 'dot' })
  return new TlsCarrier(socket, onEnd)
}

const nameOf = (target: Target): string => (target.type === 'name' ? target.name : target.address)

class TlsCarrier implements Carrier {
  readonly #socket: TLSSocket
  readonly #asked = new Map<number, { readonly query: Query; settle(answer: UpstreamAnswer | Fault): void }>()
  readonly #idle: NodeJS.Timeout

  constructor(socket: TLSSocket, onEnd: () => void) {
    this.#socket = socket
    this.#idle = setTimeout(() => {
      if (this.#asked.size === 0) this.close()
      else this.#idle.refresh()
    }, IDLE_MS)
    const frames = new MessageFrames()
    socket.on('data', (chunk: Buffer) => {
      for (const message of frames.push(chunk)) this.#hear(message)
    })
    socket.on('error', () => {}) // 'close' follows and says it
    socket.on('end', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(this.#idle)
      onEnd()
      for (const { settle } of this.#asked.values()) settle(cutShort())
      this.#asked.clear()
    })
    socket.resume()
  }

  async ask(query: Query): Promise<UpstreamAnswer> {
    if (this.#socket.destroyed) throw cutShort()
    this.#idle.refresh()
    let id = randomInt(0x1_0000)
    while (this.#asked.has(id)) id = randomInt(0x1_0000)
    const answer = new Promise<UpstreamAnswer>((resolve, reject) => {
      this.#asked.set(id, { query, settle: said => (said instanceof Fault ? reject(said) : resolve(said)) })
    })
    this.#socket.write(frameMessage(encodeUpstreamQuery(id, query)))
    try {
      return await withDeadline(answer, ANSWER_MS, tooLate)
    } finally {
      this.#asked.delete(id)
    }
  }

  close(): void {
    this.#socket.destroy()
  }

  #hear(message: Buffer): void {
    const id = message.length < 2 ? -1 : message.readUInt16BE(0)
    const asked = this.#asked.get(id)
    // An answer to nothing that is asked: late, or not for us.
    if (asked === undefined) return
    const answer = acceptUpstreamAnswer(message, id, asked.query)
    // What one name's owner wrote must not end the connection for all others.
    asked.settle(answer)
  }
}

/** DNS over HTTPS (RFC 8484), HTTP/1.1: one question at a time. The id is 0, as section 4.1 asks for. */
async function openHttps({ appSocket, authorities, credentials, resolver, onEnd }: Route): Promise<Carrier> {
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

const fault = (message: string): Fault =>
  new Fault('VIA_ANSWER_INVALID', message, { where: 'remote', retry: 'after-waiting' })
const tooLate = (): Fault =>
  new Fault('VIA_TOO_LATE', 'the resolver does not answer in time', { where: 'remote', retry: 'after-waiting' })
const cutShort = (): Fault =>
  new Fault('VIA_CUT_SHORT', 'the resolver closed the connection', { where: 'remote', retry: 'now' })
const notDns = (why: string): Fault => fault(`the resolver does not answer as it must: ${why}`)
const unusable = (): Fault => fault('the address of the resolver is not one that can be asked')
