import type { Decoded } from '../errors/index.ts'
import { decodeMethodSelection, encodeGreeting, METHOD } from './greeting.ts'
import type { Handshake, HandshakeStep } from './handshake.ts'
import { decodeReply } from './reply.ts'
import { encodeRequest, type SocksCommand } from './request.ts'
import type { Endpoint, Target } from './target.ts'
import { decodeUserPasswordAnswer, encodeUserPassword, type UserPassword } from './user-password.ts'

/** What to ask of a SOCKS5 server, and as whom. */
export interface HandshakeRequest extends Endpoint {
  readonly command: SocksCommand
  /** Without credentials only "no authentication" is offered, with them only RFC 1929: nothing is ever downgraded. */
  readonly credentials?: UserPassword | undefined
  /** Send all of it in one write, which saves a round trip: only to servers that are known to take it, as app ports are. */
  readonly atOnce?: boolean
}

/** How a handshake ended. Whatever the server does, it is one of these. */
export type HandshakeOutcome =
  | { readonly type: 'connected'; readonly bound: Endpoint }
  | { readonly type: 'resolved'; readonly target: Target }
  /** The server answered with a reply code other than success. */
  | { readonly type: 'refused'; readonly code: number }
  /** The server takes no such authentication, or not these credentials. */
  | { readonly type: 'unauthenticated'; readonly why: 'method' | 'credentials' }
  /** The server broke the protocol. `why` names the field. */
  | { readonly type: 'malformed'; readonly why: string }
  /** The server closed between two messages. */
  | { readonly type: 'closed' }

type Phase = 'greeting' | 'method' | 'request' | 'answer' | 'reply'

const EMPTY = new Uint8Array(0)

/**
 * Open a stream, or resolve, as a client of tor's SocksPort or of an app port.
 *
 * The greeting is sent alone and its answer awaited, unless the request says `atOnce`; then credentials and request go in
 * one write. Tor drops its method answer when greeting and credentials arrive together (seen on 0.4.9.11).
 *
 * Throw only on what the caller gives: a target or credentials that cannot be encoded.
 */
export function openHandshake(request: HandshakeRequest): Handshake<HandshakeOutcome> {
  return new ClientHandshake(request)
}

class ClientHandshake implements Handshake<HandshakeOutcome> {
  readonly #command: SocksCommand
  readonly #method: number
  readonly #opening: Uint8Array
  readonly #atOnce: boolean
  #phase: Phase = 'greeting'
  #received: Uint8Array = EMPTY
  #outcome: HandshakeOutcome | undefined

  constructor({ command, credentials, target, port, atOnce = false }: HandshakeRequest) {
    const body = encodeRequest(command, { target, port })
    this.#command = command
    this.#atOnce = atOnce
    this.#method = credentials === undefined ? METHOD.none : METHOD.userPassword
    this.#opening = credentials === undefined ? body : Buffer.concat([encodeUserPassword(credentials), body])
  }

  next(): HandshakeStep<HandshakeOutcome> {
    if (this.#outcome !== undefined) return { type: 'finished', outcome: this.#outcome, readAhead: this.#received }
    switch (this.#phase) {
      case 'greeting':
        this.#phase = 'method'
        return { type: 'send', bytes: this.#greet() }
      case 'request':
        this.#pass()
        this.#advance()
        return { type: 'send', bytes: this.#opening }
      case 'method':
      case 'answer':
      case 'reply':
        return { type: 'receive' }
    }
  }

  push(bytes: Uint8Array): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    this.#advance()
  }

  end(): void {
    if (this.#outcome !== undefined) return
    this.#finish(this.#received.length === 0 ? { type: 'closed' } : { type: 'malformed', why: 'cut short' })
  }

  #greet(): Uint8Array {
    const greeting = encodeGreeting(this.#method)
    return this.#atOnce ? Buffer.concat([greeting, this.#opening]) : greeting
  }

  /** Go on to what the server says after its method. */
  #pass(): void {
    this.#phase = this.#method === METHOD.none ? 'reply' : 'answer'
  }

  /** Decode as many messages as have arrived. */
  #advance(): void {
    let mayHoldMore = true
    while (mayHoldMore && this.#outcome === undefined) mayHoldMore = this.#readMessage()
  }

  /** Read the message that this phase waits for, if it is whole. Report whether another may follow at once. */
  #readMessage(): boolean {
    switch (this.#phase) {
      case 'greeting':
      case 'request':
        return false
      case 'method': {
        const method = this.#take(decodeMethodSelection)
        if (method === undefined) return false
        if (method !== this.#method) this.#finish({ type: 'unauthenticated', why: 'method' })
        else if (this.#atOnce) this.#pass()
        else this.#phase = 'request'
        return this.#atOnce
      }
      case 'answer': {
        const accepted = this.#take(decodeUserPasswordAnswer)
        if (accepted === true) this.#phase = 'reply'
        if (accepted === false) this.#finish({ type: 'unauthenticated', why: 'credentials' })
        return accepted === true
      }
      case 'reply': {
        const reply = this.#take(decodeReply)
        if (reply?.type === 'refused') this.#finish(reply)
        if (reply?.type === 'succeeded') this.#succeed(reply.bound)
        return false
      }
    }
  }

  #take<T>(decode: (bytes: Uint8Array) => Decoded<T>): T | undefined {
    const message = decode(this.#received)
    if (message.type === 'malformed') this.#finish(message)
    if (message.type !== 'decoded') return undefined
    this.#received = this.#received.subarray(message.consumed)
    return message.value
  }

  /** End with what was asked for. What the peer sent after its reply stays, and belongs to the stream. */
  #succeed(bound: Endpoint): void {
    this.#outcome =
      this.#command === 'connect' ? { type: 'connected', bound } : { type: 'resolved', target: bound.target }
  }

  /** End without a stream: what the server sent after that means nothing, and is let go. */
  #finish(outcome: HandshakeOutcome): void {
    this.#received = EMPTY
    this.#outcome = outcome
  }
}
