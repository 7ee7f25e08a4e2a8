import { connect, type Socket } from 'node:net'
import {
  type Handshake,
  type HandshakeOutcome,
  type HandshakeRequest,
  openHandshake,
  parseTarget,
} from '@cordon/shared/socks'
import type { StreamPlan, StreamResult } from './stream-batch.ts'

/** Longer than tor's own SocksTimeout of two minutes, so that a late answer counts as late and not as lost. */
const DEADLINE_MS = 180_000

/** What one write carries of an upload. */
const UPLOAD_BLOCK = Buffer.alloc(262_144, 'cordon')

// Every socket reads into the same memory: what comes is looked at before the next read, and then only counted.
const READ_BUFFER = Buffer.alloc(262_144)

/** Open one stream as planned and time it. With `hold` it settles at the first byte, and the socket stays open. */
export async function runStream(plan: StreamPlan, hold?: (socket: Socket) => void): Promise<StreamResult> {
  return await new Promise(resolve => new TimedStream(plan, hold, resolve))
}

class TimedStream {
  readonly #plan: StreamPlan
  readonly #hold: ((socket: Socket) => void) | undefined
  readonly #socket: Socket
  readonly #done: (result: StreamResult) => void
  readonly #deadline = setTimeout(() => this.#fail('no answer in time'), DEADLINE_MS)
  readonly #start = performance.now()
  /** Undefined once the stream is open. */
  #handshake: Handshake<HandshakeOutcome> | undefined
  #firstByteMs = 0
  #bytes = 0

  constructor(plan: StreamPlan, hold: ((socket: Socket) => void) | undefined, done: (result: StreamResult) => void) {
    this.#plan = plan
    this.#hold = hold
    this.#done = done
    if (plan.proxy !== undefined) this.#handshake = openHandshake(requestOf(plan))
    this.#socket = connect({
      ...(plan.proxy ?? { host: plan.host, port: plan.port }),
      allowHalfOpen: true,
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback: length => this.#read(length) },
    })
    this.#socket.once('connect', () => this.#advance())
    this.#socket.once('error', error => this.#fail(error.message))
    this.#socket.once('close', () => this.#fail('closed early'))
    this.#socket.once('end', () => this.#finish())
  }

  #read(length: number): boolean {
    if (this.#handshake === undefined) this.#count(length)
    else {
      this.#handshake.push(Buffer.from(READ_BUFFER.subarray(0, length)))
      this.#advance()
    }
    return true
  }

  #advance(): void {
    while (this.#handshake !== undefined) {
      const step = this.#handshake.next()
      if (step.type === 'receive') return
      if (step.type === 'send') this.#socket.write(step.bytes)
      else if (step.outcome.type !== 'connected') {
        this.#fail(describe(step.outcome))
        return
      } else {
        this.#handshake = undefined
        this.#count(step.readAhead.length)
      }
    }
    this.#socket.write(this.#plan.hello, 'latin1')
    this.#upload(this.#plan.uploadBytes ?? 0)
  }

  #upload(left: number): void {
    if (left <= 0) return
    const block = left >= UPLOAD_BLOCK.length ? UPLOAD_BLOCK : UPLOAD_BLOCK.subarray(0, left)
    this.#socket.write(block, error => {
      if (!error) this.#upload(left - block.length)
    })
  }

  #count(length: number): void {
    if (length === 0) return
    this.#bytes += length
    if (this.#bytes > length) return
    this.#firstByteMs = this.#elapsedMs
    if (this.#hold === undefined) return
    this.#hold(this.#socket)
    this.#settle({ ok: true, firstByteMs: this.#firstByteMs, endMs: this.#firstByteMs, bytes: this.#bytes })
  }

  #finish(): void {
    if (this.#bytes === 0) {
      this.#fail('ended without a byte')
      return
    }
    this.#settle({ ok: true, firstByteMs: this.#firstByteMs, endMs: this.#elapsedMs, bytes: this.#bytes })
    this.#socket.end()
  }

  /** Only the first outcome counts: what follows the end is its echo. */
  #fail(why: string): void {
    this.#settle({ ok: false, why })
    this.#socket.destroy()
  }

  #settle(result: StreamResult): void {
    clearTimeout(this.#deadline)
    this.#done(result)
  }

  get #elapsedMs(): number {
    return performance.now() - this.#start
  }
}

function requestOf({ host, port, credentials }: StreamPlan): HandshakeRequest {
  const connection = { command: 'connect', target: parseTarget(host), port } as const
  if (credentials === undefined) return connection
  const { user, password } = credentials
  return { ...connection, credentials: { user: Buffer.from(user), password: Buffer.from(password) } }
}

function describe(outcome: HandshakeOutcome): string {
  return outcome.type === 'refused' ? `refused with ${outcome.code.toString(16)}` : outcome.type
}
