import type { Socket } from 'node:net'
import type { SocksCredentials } from '@cordon/shared/isolation'
import { isVirtual, judgeAddress } from '@cordon/shared/names'
import { monotonicNow } from '@cordon/shared/runtime/edge'
import { nearestRfc1928, REPLY } from '@cordon/shared/socks'
import type { Span, Telemetry } from '@cordon/shared/telemetry'
import { type Claim, makePair, type Pair, type Sending } from '../audit/index.ts'
import { judgeRequest } from '../policy/index.ts'
import { type AnswerEncoder, type AppProtocol, type AppRequest, replyForRefusal } from '../streams/index.ts'
import type { LiveApp } from './live-app.ts'
import { relay } from './relay.ts'
import { endWith, type ReadRequest, readRequest } from './request-reader.ts'
import { type DialOutcome, dialTor } from './tor-dialer.ts'

/** What every session needs to know of the gateway. */
export interface SessionSettings {
  readonly handshakeMs: number
  readonly connectMs: number
  readonly handshakesPerApp: number
  readonly streamsPerApp: number
  /** Report whether two descriptors more can be had. */
  hasRoom(): boolean
  /** Report whether what needs a right clock may pass. */
  isClockTrusted(): boolean
  /** Tor's SocksPort for a request; undefined where that tor has none that does what is asked. */
  socksSocket(circuits: 'long' | 'short', command: AppRequest['command']): string | undefined
  readonly machineNames: ReadonlySet<string>
  readonly audit: StreamAudit
  readonly faults: Faults
  readonly telemetry: Telemetry
}

/** What anti-tests break, to see that the audit notices. No option, file or environment leads here. */
export interface Faults {
  /** What is sent to tor in the place of the credentials that were written down. */
  sendAs?(credentials: SocksCredentials): SocksCredentials
  /** Serve also when the audit says no. */
  readonly serveWhatever?: boolean
}

/** What the audit must know of a stream, and says of it. */
export interface StreamAudit {
  /** Report whether anything may be sent to tor as things stand. */
  mayOpen(): boolean
  /** Write down what will be sent. */
  send(sending: Sending): Claim
  /** How tor names the SocksPort in its events, if that is certain. */
  sourceOf(socksSocket: string): string | undefined
}

/** One connection of an app, from its first byte to the last. */
export class Session {
  readonly #app: LiveApp
  readonly #settings: SessionSettings
  readonly #client: Socket
  readonly #acceptedAt = monotonicNow()
  #opening: { readonly span: Span<'gateway.stream'>; readonly protocol: AppProtocol } | undefined
  #tor: Socket | undefined
  #claim: Claim | undefined
  #attached = false
  /** What the client and tor had sent when the stream began: not the app's data. */
  #clientHead = 0
  #torHead = 0
  #lastBytes = 0

  private constructor(app: LiveApp, settings: SessionSettings, client: Socket) {
    this.#app = app
    this.#settings = settings
    this.#client = client
  }

  /** Serve a new connection of `app`. Over the limit of open handshakes it is closed without a word. */
  static serve(app: LiveApp, settings: SessionSettings, client: Socket): void {
    client.on('error', () => {}) // 'close' follows and says it
    if (app.handshakes.size >= settings.handshakesPerApp) {
      client.destroy()
      return
    }
    app.handshakes.add(client)
    const session = new Session(app, settings, client)
    const { extendedErrors } = app.declared.settings
    readRequest(client, { deadlineMs: settings.handshakeMs, extendedErrors }, read => {
      app.handshakes.delete(client)
      if (read !== undefined) session.#begin(read)
    })
  }

  get bytesRead(): number {
    return this.#tor === undefined ? 0 : Math.max(0, this.#tor.bytesRead - this.#torHead)
  }

  get bytesWritten(): number {
    return this.#tor === undefined ? 0 : Math.max(0, this.#client.bytesRead - this.#clientHead)
  }

  /** The credentials that it was sent with; undefined while it is not sent. */
  get pair(): Pair | undefined {
    return this.#claim?.pair
  }

  /** End both sides now. */
  close(): void {
    this.#client.destroy()
    this.#tor?.destroy()
  }

  /** End the stream if nothing has moved since the last call. */
  closeIfIdle(): void {
    const bytes = this.#client.bytesRead + (this.#tor?.bytesRead ?? 0)
    if (bytes === this.#lastBytes) this.close()
    this.#lastBytes = bytes
  }

  #begin({ request: asked, answers, readAhead }: ReadRequest): void {
    const request = this.#nameVirtual(asked)
    const { declared, policy, identity, sessions } = this.#app
    const { protocol } = request
    const attributes = { app: declared.id, protocol }
    this.#opening = { span: this.#settings.telemetry.startSpan('gateway.stream', { attributes }), protocol }
    const port = request.command === 'connect' ? request.port : undefined
    const refusal = judgeRequest({ target: request.target, port }, policy, this.#settings.machineNames)
    if (refusal !== undefined) {
      this.#refuse(answers, replyForRefusal(refusal))
      return
    }
    const { isolate, circuits } = declared.settings
    const socksSocket = this.#settings.socksSocket(circuits, request.command)
    if (socksSocket === undefined) {
      this.#refuse(answers, REPLY.commandNotSupported)
      return
    }
    const { audit, faults, isClockTrusted, hasRoom, streamsPerApp } = this.#settings
    const isDoubted = !audit.mayOpen() && faults.serveWhatever !== true
    const isHeld = isDoubted || (declared.settings.hold === 'clock' && !isClockTrusted())
    if (isHeld || sessions.size >= streamsPerApp || !hasRoom()) {
      this.#refuse(answers, REPLY.generalFailure)
      return
    }
    sessions.add(this)
    this.#client.once('close', () => this.#end())
    this.#clientHead = this.#client.bytesRead - readAhead.length
    if (readAhead.length > 0) this.#client.unshift(readAhead)
    const { credentials, key } = identity.isolate(request, isolate)
    const source = audit.sourceOf(socksSocket)
    const sending = { app: declared.id, key, pair: makePair(credentials.username, credentials.password), source }
    this.#tor = dialTor(
      {
        socksSocket,
        request,
        credentials: faults.sendAs?.(credentials) ?? credentials,
        deadlineMs: this.#settings.connectMs,
        onAsk: () => {
          this.#claim = audit.send(sending)
        },
      },
      outcome => this.#answer(answers, outcome),
    )
  }

  /** Put the name in the place of a virtual address of this app. One that it was not given stays, and is refused. */
  #nameVirtual(request: AppRequest): AppRequest {
    const { target, command } = request
    if (command !== 'connect' || target.type !== 'ipv4' || !isVirtual(target.address)) return request
    const { virtualNames, identity } = this.#app
    const name = virtualNames.nameOf(target.address, identity.nymEpoch)
    return name === undefined ? request : { ...request, target: { type: 'name', name } }
  }

  #answer(answers: AnswerEncoder, outcome: DialOutcome): void {
    if (outcome.type !== 'refused') this.#claim?.answered()
    const tor = this.#tor
    if (this.#client.destroyed || tor === undefined) {
      tor?.destroy()
      return
    }
    switch (outcome.type) {
      case 'refused':
        this.#refuse(answers, outcome.code)
        break
      case 'resolved':
        // An internal address from outside is a lie that would turn the app against its own network (rebinding).
        if (outcome.target.type !== 'name' && judgeAddress(outcome.target.address) !== undefined) {
          this.#refuse(answers, REPLY.hostUnreachable)
        } else {
          endWith(this.#client, answers.resolved(outcome.target))
          this.#report('ok', REPLY.succeeded)
        }
        break
      case 'connected':
        this.#torHead = tor.bytesRead - outcome.readAheadBytes
        this.#client.write(answers.connected())
        this.#report('ok', REPLY.succeeded)
        relay(this.#client, outcome.stream)
        this.#attached = true
    }
  }

  #refuse(answers: AnswerEncoder, code: number): void {
    endWith(this.#client, answers.refused(code))
    this.#report('refused', code)
  }

  /** Say how the opening of the stream ended: for which app and with which reply, never where to. */
  #report(outcome: 'ok' | 'refused' | 'cut', reply?: number): void {
    const opening = this.#opening
    if (opening === undefined) return
    this.#opening = undefined
    const { telemetry } = this.#settings
    const app = this.#app.declared.id
    const { span, protocol } = opening
    // The nearest plain code: tor's extended ones would tell that an onion service was asked for.
    span.end({ outcome, ...(reply === undefined ? {} : { reply: nearestRfc1928(reply) }) })
    telemetry.count('cordon.streams.opened', { app, protocol, outcome })
    telemetry.measure('cordon.stream.opening', (monotonicNow() - this.#acceptedAt) / 1000, { outcome })
    if (outcome === 'refused')
      telemetry.log('gateway.stream.refused', { app, protocol, reply: nearestRfc1928(reply ?? 1) })
  }

  /** The client has closed. Tor's side may still be sending what the client sent last: it is over when that is. */
  #end(): void {
    this.#report('cut')
    const tor = this.#tor
    if (this.#attached && tor !== undefined && !tor.closed) {
      tor.once('close', () => this.#forget())
      return
    }
    tor?.destroy()
    this.#forget()
  }

  #forget(): void {
    this.#claim?.ended()
    this.#app.sessions.delete(this)
    this.#app.tally(this)
  }
}
