import { connect } from 'node:net'
import { startDeadline } from '@cordon/shared/runtime/edge'
import { type HandshakeOutcome, openHandshake, type SocksCommand, type Target } from '@cordon/shared/socks'
import { runHandshake } from '@cordon/shared/through-tor/edge/run-handshake'

/** How a look-up ended: with what tor found, with a SOCKS reply code, or without an answer. */
export type LookUpOutcome =
  | { readonly type: 'found'; readonly target: Target }
  | { readonly type: 'refused'; readonly code: number }
  | { readonly type: 'unanswered' }

export interface LookUpRequest {
  /** The app's AF_UNIX port. */
  readonly appSocket: string
  readonly command: Exclude<SocksCommand, 'connect'>
  readonly target: Target
  readonly deadlineMs: number
}

/**
 * Ask tor through one app's port, as that app and without credentials: on the circuits of its plain streams.
 *
 * Never rejects. One connection is one look-up (tor's RESOLVE, socks-extensions "name lookup").
 */
export async function lookUp({ appSocket, command, target, deadlineMs }: LookUpRequest): Promise<LookUpOutcome> {
  const handshake = openHandshake({ command, target, port: 0, atOnce: true })
  const socket = connect({ path: appSocket, noDelay: true, allowHalfOpen: true })
  const callOff = startDeadline(deadlineMs, () => socket.destroy())
  try {
    return outcomeOf(await runHandshake(handshake, socket))
  } catch {
    return { type: 'unanswered' } // the gateway is away, hung up, or took too long
  } finally {
    callOff()
    socket.destroy()
  }
}

function outcomeOf(outcome: HandshakeOutcome): LookUpOutcome {
  switch (outcome.type) {
    case 'resolved':
      return { type: 'found', target: outcome.target }
    case 'refused':
      return outcome
    case 'connected':
    case 'unauthenticated':
    case 'malformed':
    case 'closed':
      return { type: 'unanswered' }
  }
}
