import { randomInt } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { Fault } from '@cordon/shared/errors'
import { withDeadline } from '@cordon/shared/runtime/edge'
import type { Target } from '@cordon/shared/socks'
import { dialAppPort, wrapInTls } from '@cordon/shared/through-tor/edge'
import {
  acceptUpstreamAnswer,
  encodeUpstreamQuery,
  frameMessage,
  MessageFrames,
  type Query,
  type UpstreamAnswer,
} from '../wire/index.ts'
import { ANSWER_MS, type Carrier, CONNECT_MS, cutShort, IDLE_MS, type Route, tooLate } from './carrier.ts'

/** DNS over TLS (RFC 7858): questions in a row, answers in any order. */
export async function openTlsCarrier({
  appSocket,
  authorities,
  credentials,
  resolver,
  onEnd,
}: Route): Promise<Carrier> {
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
