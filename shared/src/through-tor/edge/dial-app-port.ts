import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { Fault } from '../../errors/index.ts'
import { startDeadline } from '../../runtime/edge/index.ts'
import {
  explainReplyCode,
  type HandshakeOutcome,
  openHandshake,
  type Target,
  type UserPassword,
} from '../../socks/index.ts'
import { runHandshake } from './run-handshake.ts'

/** One stream to open, and as whom. */
export interface AppPortCall {
  /** The app's AF_UNIX port. */
  readonly appSocket: string
  /** What the app port isolates by, within the app. Equal credentials may share a circuit, others never do. */
  readonly credentials: UserPassword
  readonly target: Target
  readonly port: number
  readonly deadlineMs: number
  readonly signal?: AbortSignal | undefined
}

/** Make credentials that nobody has used: 128 random bits each, so streams under them get a circuit of their own. */
export const freshCredentials = (): UserPassword => ({
  user: Buffer.from(randomBytes(16).toString('hex')),
  password: Buffer.from(randomBytes(16).toString('hex')),
})

/**
 * Open a stream through an app port, or throw a Fault: `VIA_PORT_UNREACHABLE` when the gateway is away, `VIA_REFUSED`
 * when it or tor says no, `VIA_TOO_LATE` at the deadline, `VIA_ABORTED` by the signal.
 *
 * Names travel as names. The socket is paused, and the caller's to resume and to close.
 */
export async function dialAppPort(call: AppPortCall): Promise<Socket> {
  const { credentials, target, port, deadlineMs, signal } = call
  const handshake = openHandshake({ command: 'connect', target, port, credentials })
  const socket = connect({ path: call.appSocket, noDelay: true, allowHalfOpen: false })
  const callOff = startDeadline(deadlineMs, () => socket.destroy(lateFault()))
  const abort = (): void => void socket.destroy(abortedFault(signal?.reason))
  signal?.addEventListener('abort', abort)
  try {
    const running = runHandshake(handshake, socket)
    if (signal?.aborted === true) abort()
    const outcome = await running
    if (outcome.type === 'connected') return socket
    socket.destroy()
    throw faultOf(outcome)
  } catch (cause) {
    throw cause instanceof Fault ? cause : unreachableFault(cause)
  } finally {
    callOff()
    signal?.removeEventListener('abort', abort)
  }
}

function faultOf(outcome: Exclude<HandshakeOutcome, { type: 'connected' }>): Fault {
  if (outcome.type === 'refused') {
    const meaning = explainReplyCode(outcome.code)
    const why = meaning.type === 'known' ? meaning.name : `code ${outcome.code}`
    return new Fault('VIA_REFUSED', `the stream was refused: ${why}`, { where: 'tor', retry: 'after-waiting' })
  }
  return unreachableFault(new Error(`the app port does not speak SOCKS5 as it must: ${outcome.type}`))
}

const unreachableFault = (cause: unknown): Fault =>
  new Fault('VIA_PORT_UNREACHABLE', 'the app port does not answer', { where: 'local', retry: 'after-waiting', cause })

const lateFault = (): Fault =>
  new Fault('VIA_TOO_LATE', 'no stream within the time allowed', { where: 'remote', retry: 'after-waiting' })

const abortedFault = (cause: unknown): Fault =>
  new Fault('VIA_ABORTED', 'the request was given up', { where: 'local', retry: 'never', cause })
