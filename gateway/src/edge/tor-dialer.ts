import type { Socket } from 'node:net'
import type { SocksCredentials } from '@cordon/shared/isolation'
import { connectReading, type ReadingSocket, type Receiver, startDeadline } from '@cordon/shared/runtime/edge'
import { type HandshakeOutcome, openHandshake, REPLY, type Target } from '@cordon/shared/socks'
import type { AppRequest } from '../streams/index.ts'

/**
 * What tor said of a request. What a stream has read already is given to its receiver at once. `code` is tor's own, or
 * the nearest that says what happened on the way to it.
 */
export type DialOutcome =
  | { readonly type: 'connected'; readonly stream: ReadingSocket; readonly readAheadBytes: number }
  | { readonly type: 'resolved'; readonly target: Target }
  | { readonly type: 'refused'; readonly code: number }

export interface DialOptions {
  /** Tor's SocksPort, an AF_UNIX path. */
  readonly socksSocket: string
  readonly request: AppRequest
  readonly credentials: SocksCredentials
  /** Tor may stay silent for two minutes (SocksTimeout); an app hears earlier. */
  readonly deadlineMs: number
  /** Called before tor is asked: until then it knows of nobody, and has nothing to tell of. */
  onAsk(): void
}

/**
 * Ask tor for one stream or look-up. Return the socket at once, so that the caller can end it at any time.
 *
 * `done` is called once; after `connected` the socket is the caller's to close, and the caller must receive at once.
 */
export function dialTor(options: DialOptions, done: (outcome: DialOutcome) => void): Socket {
  const { request, credentials } = options
  const handshake = openHandshake({
    // Which family is preferred, the SocksPort decides.
    command: request.command === 'resolve-ipv6' ? 'resolve' : request.command,
    target: request.target,
    port: request.port,
    credentials: { user: Buffer.from(credentials.username), password: Buffer.from(credentials.password) },
  })
  const reading = connectReading({ path: options.socksSocket })
  const { socket } = reading
  let isGreeted = false
  reading.receive(bytes => {
    isGreeted = true
    handshake.push(Uint8Array.from(bytes))
    advance()
    return true
  })
  const finish = (outcome: DialOutcome): void => {
    endDeadline()
    socket.off('end', onEnd).off('close', onClose)
    if (outcome.type !== 'connected') socket.destroy()
    done(outcome)
  }
  const refuse = (code: number): void => finish({ type: 'refused', code })
  const endDeadline = startDeadline(options.deadlineMs, () => refuse(REPLY.ttlExpired))
  const connected = (readAhead: Uint8Array): void => {
    const receive = (next: Receiver): void => {
      reading.receive(next)
      if (readAhead.length > 0 && !next(readAhead)) socket.pause()
    }
    finish({ type: 'connected', stream: { socket, receive }, readAheadBytes: readAhead.length })
  }
  const advance = (): void => {
    for (;;) {
      const step = handshake.next()
      if (step.type === 'receive') return
      if (step.type === 'finished') {
        if (step.outcome.type === 'connected') connected(step.readAhead)
        else finish(outcomeOf(step.outcome))
        return
      }
      // Credentials and request go together, once tor has answered the greeting.
      if (isGreeted) options.onAsk()
      socket.write(step.bytes)
    }
  }
  const onEnd = (): void => {
    handshake.end()
    advance()
  }
  // Tor is away, or no descriptor is left: either way the stream cannot be, and why is in tor's state, not here.
  const onClose = (): void => refuse(REPLY.generalFailure)
  socket.on('error', () => {}) // 'close' follows and says it
  socket.on('end', onEnd).on('close', onClose).once('connect', advance)
  return socket
}

function outcomeOf(outcome: Exclude<HandshakeOutcome, { type: 'connected' }>): DialOutcome {
  switch (outcome.type) {
    case 'resolved':
    case 'refused':
      return outcome
    case 'unauthenticated':
    case 'malformed':
    case 'closed':
      // Tor does not speak as it must: it is not believed, and the app hears no more than that.
      return { type: 'refused', code: REPLY.generalFailure }
  }
}
