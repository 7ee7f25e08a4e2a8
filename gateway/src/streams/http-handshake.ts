import { decodeConnectHead, encodeConnectAnswer } from '@cordon/shared/socks'
import { HTTP_ANSWERS } from './answers.ts'
import { type AppHandshake, type HandshakeStep, joinBytes } from './app-handshake.ts'

/** The app's side of HTTP CONNECT. Every other method is answered 405 and carried nowhere. */
export class HttpHandshake implements AppHandshake {
  #unread: Uint8Array = new Uint8Array()

  push(bytes: Uint8Array): HandshakeStep {
    const all = joinBytes(this.#unread, bytes)
    const decoded = decodeConnectHead(all)
    switch (decoded.type) {
      case 'incomplete':
        this.#unread = all
        return { type: 'more' }
      case 'malformed':
        return { type: 'refused', send: encodeConnectAnswer(400) }
      case 'decoded': {
        const head = decoded.value
        if (head.type === 'other-method') return { type: 'refused', send: encodeConnectAnswer(405) }
        const { basic, streamIsolation, legacyStreamIsolation } = head.credentials ?? {}
        const parts = [basic?.user, basic?.password, streamIsolation, legacyStreamIsolation]
        const credentials = head.credentials === undefined ? undefined : ({ scheme: 'http', parts } as const)
        const { target, port } = head
        const request = { protocol: 'http', command: 'connect', target, port, credentials } as const
        return { type: 'request', request, answers: HTTP_ANSWERS, readAhead: all.subarray(decoded.consumed) }
      }
    }
  }
}
