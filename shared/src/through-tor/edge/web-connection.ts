import { Agent, type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { Fault } from '../../errors/index.ts'
import { monotonicNow, startDeadline } from '../../runtime/edge/index.ts'
import type { UserPassword } from '../../socks/index.ts'
import { formatAuthority, type TransferLimits, TransferMeter, type TransferVerdict, type WebAddress } from '../index.ts'
import { dialAppPort } from './dial-app-port.ts'
import { type TlsTrust, wrapInTls } from './wrap-in-tls.ts'

export interface WebOptions extends TlsTrust {
  readonly appSocket: string
  readonly credentials: UserPassword
  readonly address: WebAddress
  /** For the stream and for TLS, each. */
  readonly connectMs: number
  readonly signal?: AbortSignal | undefined
}

/** One request. Its bytes are exactly: request line, Host, these fields in this order, Connection. */
export interface WebRequest {
  readonly method: 'GET' | 'HEAD' | 'POST'
  /** Path and query; without it that of the address. */
  readonly path?: string | undefined
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly limits: TransferLimits
  /** Sent whole, with its Content-Length. */
  readonly content?: Uint8Array | undefined
  /** Whether another request follows on this connection. */
  readonly keepAlive?: boolean
}

export interface WebAnswer {
  readonly status: number
  /** Fields as they came: name in lower case, in order, repeated ones each. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** Monotonic time right before the request was written, and when the head of the answer had come. */
  readonly askedAtMs: number
  readonly answeredAtMs: number
  /** The body as sent: never decompressed. Throws a Fault when a limit is met or it is cut short. Read it or `close`. */
  readonly body: AsyncIterable<Uint8Array>
}

/** One stream to one origin under one identity. One request at a time. */
export interface WebConnection {
  /**
   * Ask, or throw a Fault `VIA_…`. Redirects, errors and all other statuses are answers like any other. The body of one
   * answer is read to its end before the next request.
   */
  ask(request: WebRequest): Promise<WebAnswer>
  /** Whether it has ended: by `close`, or because the peer keeps it open no longer. */
  readonly isClosed: boolean
  close(): void
}

/** Of the head of an answer, all fields together. Node's own default. */
const MAX_HEAD_BYTES = 16_384

/** Open a connection through an app port, or throw a Fault `VIA_…`. */
export async function openWebConnection(options: WebOptions): Promise<WebConnection> {
  const { address, connectMs, signal } = options
  const { target, port } = address
  const plain = await dialAppPort({ ...options, target, port, deadlineMs: connectMs })
  if (address.scheme === 'http') return new SingleConnection(plain, address, signal)
  return new SingleConnection(await wrapInTls(plain, { ...options, target, deadlineMs: connectMs }), address, signal)
}

class SingleConnection implements WebConnection {
  readonly #stream: Duplex
  readonly #address: WebAddress
  readonly #signal: AbortSignal | undefined
  readonly #agent: Agent

  constructor(stream: Duplex, address: WebAddress, signal: AbortSignal | undefined) {
    this.#stream = stream
    this.#address = address
    this.#signal = signal
    stream.on('error', () => {}) // whoever asks hears of it; between requests it means no more than the end
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 })
    this.#agent.createConnection = () => stream
  }

  async ask(wanted: WebRequest): Promise<WebAnswer> {
    if (this.#stream.destroyed) throw cutShort()
    const { limits, content } = wanted
    const meter = new TransferMeter(limits, monotonicNow())
    const length = content === undefined ? [] : ['Content-Length', String(content.length)]
    const outgoing = request({
      agent: this.#agent,
      method: wanted.method,
      path: wanted.path ?? this.#address.path,
      setHost: false,
      headers: [
        'Host',
        formatAuthority(this.#address),
        ...wanted.fields.flat(),
        ...length,
        'Connection',
        wanted.keepAlive === true ? 'keep-alive' : 'close',
      ],
      maxHeaderSize: MAX_HEAD_BYTES,
      ...(this.#signal === undefined ? {} : { signal: this.#signal }),
    })
    const askedAtMs = monotonicNow()
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      const settle = (): void => {
        callOff()
        this.#stream.off('close', ended)
      }
      // Node tells a request of neither where it waits for a stream that has ended meanwhile.
      const fail = (cause: unknown): void => {
        settle()
        outgoing.destroy()
        this.close()
        reject(answerFault(cause, this.#signal))
      }
      const ended = (): void => fail(cutShort())
      const callOff = startDeadline(limits.deadlineMs, () => fail(limitFault('too-late')))
      this.#stream.once('close', ended)
      outgoing.on('error', fail)
      outgoing.on('socket', stream => stream.resume()) // the dialer left it paused, so that nothing was lost
      outgoing.on('response', answer => {
        settle()
        // Node takes the answer to a HEAD without a length for one that ends with the stream.
        if (wanted.method === 'HEAD' && wanted.keepAlive === true) outgoing.shouldKeepAlive = staysOpen(answer)
        resolve(answer)
      })
      outgoing.end(content)
    })
    const answeredAtMs = monotonicNow()
    return {
      status: incoming.statusCode ?? 0,
      fields: pairs(incoming.rawHeaders),
      askedAtMs,
      answeredAtMs,
      body: this.#read(incoming, meter),
    }
  }

  get isClosed(): boolean {
    return this.#stream.destroyed
  }

  close(): void {
    this.#agent.destroy()
    this.#stream.destroy()
  }

  async *#read(incoming: IncomingMessage, meter: TransferMeter): AsyncGenerator<Uint8Array> {
    let timer: NodeJS.Timeout | undefined
    const watch = (): void => {
      const verdict = meter.look(monotonicNow())
      if (verdict === 'on') timer = setTimeout(watch, Math.max(1, meter.nextLookMs - monotonicNow()))
      else incoming.destroy(limitFault(verdict))
    }
    watch()
    let isWhole = false
    try {
      for await (const chunk of incoming as AsyncIterable<Buffer>) {
        const verdict = meter.take(chunk.length, monotonicNow())
        if (verdict !== 'on') throw limitFault(verdict)
        yield chunk
      }
      isWhole = true
    } catch (cause) {
      throw answerFault(cause, this.#signal)
    } finally {
      clearTimeout(timer)
      if (!isWhole) this.close()
    }
  }
}

/** Whether the stream stays open after an answer that ends with its head (RFC 9112 sections 6.3 and 9.3). */
const staysOpen = ({ httpVersion, headers }: IncomingMessage): boolean =>
  httpVersion === '1.1' && !/\bclose\b/i.test(headers.connection ?? '')

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) fields.push([(raw[i] ?? '').toLowerCase(), raw[i + 1] ?? ''])
  return fields
}

const LIMITS = {
  'too-large': ['VIA_TOO_LARGE', 'the answer is larger than allowed'],
  'too-late': ['VIA_TOO_LATE', 'the answer was not complete within the time allowed'],
  'too-slow': ['VIA_TOO_SLOW', 'the answer came slower than allowed'],
} as const

function limitFault(verdict: Exclude<TransferVerdict, 'on'>): Fault {
  const [code, message] = LIMITS[verdict]
  return new Fault(code, message, { where: 'remote', retry: 'after-waiting' })
}

function answerFault(cause: unknown, signal: AbortSignal | undefined): Fault {
  if (cause instanceof Fault) return cause
  if (signal?.aborted === true)
    return new Fault('VIA_ABORTED', 'the request was given up', { where: 'local', retry: 'never', cause })
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (!code.startsWith('HPE_')) return cutShort(cause)
  return new Fault('VIA_ANSWER_INVALID', `the peer does not speak HTTP as it must: ${code}`, {
    where: 'remote',
    retry: 'after-waiting',
    cause,
  })
}

const cutShort = (cause?: unknown): Fault =>
  new Fault('VIA_CUT_SHORT', 'the connection ended before the answer was complete', {
    where: 'remote',
    retry: 'after-waiting',
    cause,
  })
