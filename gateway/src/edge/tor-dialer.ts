import { connect, type Socket } from 'node:net'
import type { SocksCredentials } from '@cordon/shared/isolation'
import { type HandshakeOutcome, openHandshake, REPLY, type Target } from '@cordon/shared/socks'
import type { AppRequest } from '../streams/index.ts'

/** What tor said of a request. `code` is tor's own, or the nearest that says what happened on the way to it. */
export type DialOutcome =
  | { readonly type: 'connected'; readonly readAhead: Uint8Array }
  | { readonly type: 'resolved'; readonly target: Target }
  | { readonly type: 'refused'; readonly code: number }

export interface DialOptions {
  /** Tor's SocksPort, an AF_UNIX path. */
  readonly socksSocket: string
  readonly request: AppRequest
  readonly credentials: SocksCredentials
  /** Tor may stay silent for two minutes (SocksTimeout); an app hears earlier. */
  readonly deadlineMs: number
}

/**
 * Ask tor for one stream or look-up. Return the socket at once, so that the caller can end it at any time.
 *
 * `done` is called once; after `connected` the socket is the stream's, paused, and the caller's to close.
 */
export function dialTor(options: DialOptions, done: (outcome: DialOutcome) => void): Socket {
  const { request, credentials } = options
  const handshake = openHandshake({
    command: request.command,
    target: request.target,
    port: request.port,
    credentials: { user: Buffer.from(credentials.username), password: Buffer.from(credentials.password) },
  })
  const socket = connect({ path: options.socksSocket, allowHalfOpen: true, noDelay: true })
  const finish = (outcome: DialOutcome): void => {
    clearTimeout(deadline)
    socket.off('data', onData).off('end', onEnd).off('close', onClose)
    if (outcome.type === 'connected') socket.pause()
    else socket.destroy()
    done(outcome)
  }
  const refuse = (code: number): void => finish({ type: 'refused', code })
  const deadline = setTimeout(() => refuse(REPLY.ttlExpired), options.deadlineMs)
  const advance = (): void => {
    for (;;) {
      const step = handshake.next()
      if (step.type === 'receive') return
      if (step.type === 'finished') {
        finish(outcomeOf(step.outcome, step.readAhead))
        return
      }
      socket.write(step.bytes)
    }
  }
  const onData = (chunk: Buffer): void => {
    handshake.push(chunk)
    advance()
  }
  const onEnd = (): void => {
    handshake.end()
    advance()
  }
  // Tor is away, or no descriptor is left: either way the stream cannot be, and why is in tor's state, not here.
  const onClose = (): void => refuse(REPLY.generalFailure)
  socket.on('error', () => {}) // 'close' follows and says it
  socket.on('data', onData).on('end', onEnd).on('close', onClose).once('connect', advance)
  return socket
}

function outcomeOf(outcome: HandshakeOutcome, readAhead: Uint8Array): DialOutcome {
  switch (outcome.type) {
    case 'connected':
      return { type: 'connected', readAhead }
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
