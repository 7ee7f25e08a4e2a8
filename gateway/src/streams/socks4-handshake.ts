import { decodeSocks4Request } from '@cordon/shared/socks'
import { SOCKS4_ANSWERS } from './answers.ts'
import { type AppHandshake, type HandshakeStep, joinBytes } from './app-handshake.ts'

/**
 * The app's side of SOCKS4 and SOCKS4a.
 *
 * The user id counts as the app's credentials, an empty one too: it is always sent. BIND and unknown commands are
 * rejected; an address in place of a name passes to the policy like any other.
 */
export class Socks4Handshake implements AppHandshake {
  #unread: Uint8Array = new Uint8Array()

  push(bytes: Uint8Array): HandshakeStep {
    const all = joinBytes(this.#unread, bytes)
    const decoded = decodeSocks4Request(all)
    switch (decoded.type) {
      case 'incomplete':
        this.#unread = all
        return { type: 'more' }
      case 'malformed':
        return { type: 'refused', send: SOCKS4_ANSWERS.refused(0) }
      case 'decoded': {
        const { command, target, port, user } = decoded.value
        if (command !== 'connect' && command !== 'resolve') {
          return { type: 'refused', send: SOCKS4_ANSWERS.refused(0) }
        }
        const credentials = { scheme: 'socks4', parts: [user] } as const
        const request = { protocol: 'socks4', command, target, port, credentials } as const
        return { type: 'request', request, answers: SOCKS4_ANSWERS, readAhead: all.subarray(decoded.consumed) }
      }
    }
  }
}
