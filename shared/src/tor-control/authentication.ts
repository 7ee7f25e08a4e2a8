import type { Malformed } from '../errors/index.ts'
import type { Command } from './command.ts'
import { authChallenge, authenticateHash, authenticatePassword, protocolInfo } from './commands.ts'
import { parseAuthChallenge, parseProtocolInfo } from './protocol-info.ts'
import { OK, type Reply } from './reply.ts'
import { COOKIE_BYTES, computeClientHash, type SafeCookie, verifyServerHash } from './safe-cookie.ts'

/** What an authentication wants of its caller next. */
export type AuthenticationStep =
  | { readonly type: 'send'; readonly command: Command }
  | { readonly type: 'receive' }
  /** Read this file and give `cookie()` its bytes, or undefined if it cannot be read. The path is tor's word. */
  | { readonly type: 'read-cookie'; readonly path: string }
  | { readonly type: 'finished'; readonly outcome: AuthenticationOutcome }

/** How an authentication ended. Only 'authenticated' opens anything. */
export type AuthenticationOutcome =
  | { readonly type: 'authenticated'; readonly method: 'SAFECOOKIE' | 'HASHEDPASSWORD'; readonly torVersion: string }
  /** tor offers no method that Cordon takes. A tor that asks for nothing (NULL) is open to every local process. */
  | { readonly type: 'no-method'; readonly offered: readonly string[] }
  /** The cookie file cannot be read, or is no cookie; the configuration names no password either. */
  | { readonly type: 'no-cookie'; readonly path: string }
  /** The server does not know the cookie: it is not the tor that wrote the file. */
  | { readonly type: 'impostor' }
  /** tor did not accept us. */
  | { readonly type: 'denied'; readonly status: number }
  | Malformed

/** What an authentication needs from outside. */
export interface AuthenticationOptions {
  /** {@link NONCE_BYTES} random bytes, fresh for each connection. */
  readonly clientNonce: Uint8Array
  /** Configured for an external tor. Sent only if SAFECOOKIE cannot be had: it shows itself to whoever listens. */
  readonly password?: string | undefined
}

type Phase =
  | { readonly type: 'protocol-info' }
  | { readonly type: 'cookie'; readonly path: string; readonly fallback: string | undefined }
  | { readonly type: 'challenge'; readonly cookie: Uint8Array }
  | { readonly type: 'authenticate'; readonly method: 'SAFECOOKIE' | 'HASHEDPASSWORD' }
  | { readonly type: 'finished'; readonly outcome: AuthenticationOutcome }

/** Where an answer leads, and what to send first. */
interface Turn {
  readonly phase: Phase
  readonly command?: Command
}

const finish = (outcome: AuthenticationOutcome): Turn => ({ phase: { type: 'finished', outcome } })

/**
 * Authenticate on a fresh control connection: PROTOCOLINFO, AUTHCHALLENGE, AUTHENTICATE (control-spec 3.5, 3.21, 3.24).
 *
 * Do what `next()` says; hand over each answer with `push` (no event comes before SETEVENTS). SAFECOOKIE is taken if it is
 * offered and the cookie is there, else a configured password; NULL and plain COOKIE never. After any other outcome than
 * 'authenticated' the connection must be closed.
 */
export class Authentication {
  readonly #clientNonce: Uint8Array
  readonly #password: string | undefined
  #phase: Phase = { type: 'protocol-info' }
  #pending: Command | undefined = protocolInfo()
  #torVersion = ''

  constructor({ clientNonce, password }: AuthenticationOptions) {
    this.#clientNonce = clientNonce
    this.#password = password
  }

  next(): AuthenticationStep {
    const command = this.#pending
    this.#pending = undefined
    if (command !== undefined) return { type: 'send', command }
    switch (this.#phase.type) {
      case 'finished':
        return this.#phase
      case 'cookie':
        return { type: 'read-cookie', path: this.#phase.path }
      case 'protocol-info':
      case 'challenge':
      case 'authenticate':
        return { type: 'receive' }
    }
  }

  /** Take what the cookie file holds. A file of another length is no cookie, and is not used (control-spec 3.24). */
  cookie(bytes: Uint8Array | undefined): void {
    if (this.#phase.type !== 'cookie') return
    const { path, fallback } = this.#phase
    if (bytes?.length === COOKIE_BYTES) {
      this.#turn({ phase: { type: 'challenge', cookie: bytes }, command: authChallenge(this.#clientNonce) })
    } else this.#turn(fallback === undefined ? finish({ type: 'no-cookie', path }) : usePassword(fallback))
  }

  push(reply: Reply): void {
    this.#turn(this.#read(reply))
  }

  #turn({ phase, command }: Turn): void {
    this.#phase = phase
    this.#pending = command
  }

  #read(reply: Reply): Turn {
    switch (this.#phase.type) {
      case 'protocol-info':
        return this.#readProtocolInfo(reply)
      case 'challenge':
        return this.#readChallenge(reply, this.#phase.cookie)
      case 'authenticate': {
        const { method } = this.#phase
        if (reply.status !== OK) return finish({ type: 'denied', status: reply.status })
        return finish({ type: 'authenticated', method, torVersion: this.#torVersion })
      }
      case 'cookie':
      case 'finished':
        return finish({ type: 'malformed', why: 'answer without a command' })
    }
  }

  #readProtocolInfo(reply: Reply): Turn {
    const info = parseProtocolInfo(reply)
    if ('why' in info) return finish(info)
    this.#torVersion = info.torVersion
    const fallback = info.methods.includes('HASHEDPASSWORD') ? this.#password : undefined
    if (info.methods.includes('SAFECOOKIE') && info.cookieFile !== undefined) {
      return { phase: { type: 'cookie', path: info.cookieFile, fallback } }
    }
    return fallback === undefined ? finish({ type: 'no-method', offered: info.methods }) : usePassword(fallback)
  }

  #readChallenge(reply: Reply, cookie: Uint8Array): Turn {
    const challenge = parseAuthChallenge(reply)
    if ('why' in challenge) return finish(challenge)
    const inputs: SafeCookie = { cookie, clientNonce: this.#clientNonce, serverNonce: challenge.serverNonce }
    if (!verifyServerHash(inputs, challenge.serverHash)) return finish({ type: 'impostor' })
    const command = authenticateHash(computeClientHash(inputs))
    return { phase: { type: 'authenticate', method: 'SAFECOOKIE' }, command }
  }
}

function usePassword(password: string): Turn {
  const command = authenticatePassword(password)
  if (command.type === 'malformed') return finish(command)
  return { phase: { type: 'authenticate', method: 'HASHEDPASSWORD' }, command }
}
