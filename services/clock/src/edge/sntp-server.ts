import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { Fault, systemCode } from '@cordon/shared/errors'
import { decodeSntpRequest, encodeSntpAnswer } from '../discipline/index.ts'

/** The time as it is believed to be, and what it may be wrong by. Milliseconds since 1970. */
export interface BelievedTime {
  readonly unixMs: number
  readonly boundMs: number
  readonly delayMs: number
  /** When it was measured last. */
  readonly referenceMs: number
}

/** A server of SNTP (RFC 5905, RFC 4330) on 127.0.0.1 alone. */
export class SntpServer {
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** Open it, or throw a Fault `CLK_NOT_PERMITTED`. `read` gives undefined while the time is not known. */
  static async open(port: number, read: () => BelievedTime | undefined): Promise<SntpServer> {
    const socket = createSocket('udp4')
    socket.on('message', (bytes, { address, port: client }) => {
      const received = read()
      const request = decodeSntpRequest(bytes)
      if (request === undefined) return
      const transmitted = read()
      const time =
        received === undefined || transmitted === undefined
          ? undefined
          : { ...transmitted, receivedMs: received.unixMs, transmittedMs: transmitted.unixMs }
      socket.send(encodeSntpAnswer(request, time), client, address, () => {}) // a client that has gone asks no more
    })
    socket.bind({ address: '127.0.0.1', port, exclusive: true })
    try {
      await once(socket, 'listening')
    } catch (cause) {
      socket.close()
      throw new Fault('CLK_NOT_PERMITTED', `SNTP cannot be served on port ${port} (${systemCode(cause) ?? 'failed'})`, {
        where: 'host',
        retry: 'never',
        next: 'Choose a free port from 1024 up as clock.sntpPort; below it takes CAP_NET_BIND_SERVICE.',
        cause,
      })
    }
    socket.on('error', () => {}) // of one answer that could not be sent
    return new SntpServer(socket)
  }

  close(): void {
    this.#socket.close()
  }
}
