import type { AppCredentials } from '@cordon/shared/isolation'
import {
  COMMAND_CODES,
  decodeUserPassword,
  encodeReply,
  encodeUserPasswordAnswer,
  METHOD,
  parseTarget,
  REPLY,
  type SocksCommand,
} from '@cordon/shared/socks'
import Parser, { type ParsedRequest, type ParserStream } from 'socksv5/lib/server.parser.js'

import { type AppHandshake, type HandshakeStep, joinBytes, socks5Answers } from '../streams/index.ts'

/** CMD of the request (RFC 1928 section 4; look-ups: socks-extensions, and one of our own). */
const COMMANDS: ReadonlyMap<number, SocksCommand> = new Map(
  Object.entries(COMMAND_CODES).map(([command, code]) => [code, command as SocksCommand]),
)

const SOCKS5 = 0x05
const CONNECT = 0x01

/** The server's choice of a method (RFC 1928 section 3). */
const encodeMethodChoice = (method: number): Uint8Array => Buffer.of(SOCKS5, method)

const NOTHING = new Uint8Array()

/** What the parser thinks is a socket: it hands over what it is fed, and keeps what the parser gives back. */
class Feed implements ParserStream {
  rest: Uint8Array = NOTHING
  #listener: ((chunk: Buffer) => void) | undefined
  on(_event: 'data', listener: (chunk: Buffer) => void): void {
    this.#listener = listener
  }
  removeListener(): void {
    this.#listener = undefined
  }
  unshift(rest: Buffer): void {
    this.rest = rest
  }
  pause(): void {}
  resume(): void {}
  give(bytes: Uint8Array): void {
    this.#listener?.(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  }
}

/**
 * The app's side of SOCKS5, parsed by the package socksv5.
 *
 * Only its parser is used, and without a socket: its server answers for itself, shares one user-and-password state
 * among all connections, and dials directly. User name and password (RFC 1929) are read by the room `socks`, one
 * reader a connection. Tor's commands, which the parser does not know, are noted and shown to it as CONNECT.
 */
export class Socks5Handshake implements AppHandshake {
  readonly #feed = new Feed()
  readonly #parser = new Parser(this.#feed)
  readonly #extendedErrors: boolean
  #phase: 'methods' | 'credentials' | 'request' = 'methods'
  #unread: Uint8Array = NOTHING
  #credentials: AppCredentials | undefined
  #requestBytes = 0
  #command: number | undefined
  #methods: Buffer | undefined
  #request: ParsedRequest | undefined
  #error: Error | undefined

  constructor({ extendedErrors }: { extendedErrors: boolean }) {
    this.#extendedErrors = extendedErrors
    this.#parser.on('methods', methods => {
      this.#methods = methods
    })
    this.#parser.on('request', request => {
      this.#request = request
    })
    this.#parser.on('error', error => {
      this.#error = error
    })
  }

  push(bytes: Uint8Array): HandshakeStep {
    const sent: Uint8Array[] = []
    let input = bytes
    for (;;) {
      const phase = this.#phase
      const step = this.#advance(input)
      if (step.send !== undefined) sent.push(step.send)
      // A phase that ended with bytes left over goes on with them: the app may send everything at once.
      if (step.type === 'more' && this.#phase !== phase && this.#unread.length > 0) {
        input = this.#unread
        this.#unread = NOTHING
        continue
      }
      return sent.length === 0 ? step : { ...step, send: Buffer.concat(sent) }
    }
  }

  #advance(bytes: Uint8Array): HandshakeStep {
    switch (this.#phase) {
      case 'methods':
        return this.#readMethods(bytes)
      case 'credentials':
        return this.#readCredentials(bytes)
      case 'request':
        return this.#readRequest(bytes)
    }
  }

  #readMethods(bytes: Uint8Array): HandshakeStep {
    this.#feed.give(bytes)
    if (this.#error !== undefined) return { type: 'refused' } // no methods at all: there is nothing to choose from
    if (this.#methods === undefined) return { type: 'more' }
    this.#unread = this.#feed.rest
    this.#feed.rest = NOTHING
    // Like tor, prefer credentials where the app can send them: they isolate.
    for (const method of [METHOD.userPassword, METHOD.none]) {
      if (!this.#methods.includes(method)) continue
      this.#phase = method === METHOD.userPassword ? 'credentials' : 'request'
      if (this.#phase === 'request') this.#expectRequest()
      return { type: 'more', send: encodeMethodChoice(method) }
    }
    return { type: 'refused', send: encodeMethodChoice(METHOD.noneAcceptable) }
  }

  #readCredentials(bytes: Uint8Array): HandshakeStep {
    const all = joinBytes(this.#unread, bytes)
    this.#unread = NOTHING
    const message = decodeUserPassword(all)
    if (message.type === 'malformed') return { type: 'refused' }
    if (message.type === 'incomplete') {
      this.#unread = all
      return { type: 'more' }
    }
    const { user, password } = message.value
    this.#credentials = { scheme: 'socks5', parts: [user, password] }
    this.#unread = all.subarray(message.consumed)
    this.#phase = 'request'
    this.#expectRequest()
    return { type: 'more', send: encodeUserPasswordAnswer(true) }
  }

  #expectRequest(): void {
    this.#parser.authed = true
    this.#parser.start()
  }

  #readRequest(bytes: Uint8Array): HandshakeStep {
    this.#feed.give(this.#noteCommand(bytes))
    const answers = socks5Answers(this.#extendedErrors)
    if (this.#error !== undefined) {
      // The parser names the field that stopped it only in words.
      const code = /address type/.test(this.#error.message) ? REPLY.addressTypeNotSupported : REPLY.generalFailure
      return { type: 'refused', send: encodeReply(code) }
    }
    if (this.#request === undefined) return { type: 'more' }
    const command = COMMANDS.get(this.#command ?? -1)
    if (command === undefined) return { type: 'refused', send: answers.refused(REPLY.commandNotSupported) }
    const target = parseTarget(this.#request.dstAddr)
    const port = this.#request.dstPort
    const request = { protocol: 'socks5', command, target, port, credentials: this.#credentials } as const
    return { type: 'request', request, answers, readAhead: this.#feed.rest }
  }

  /** Keep the command byte, which is the second of the request, and put CONNECT in its place. */
  #noteCommand(bytes: Uint8Array): Uint8Array {
    const at = 1 - this.#requestBytes
    this.#requestBytes += bytes.length
    const command = bytes[at]
    if (command === undefined) return bytes
    this.#command = command
    const copy = Uint8Array.from(bytes)
    copy[at] = CONNECT
    return copy
  }
}
