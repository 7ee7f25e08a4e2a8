import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { Fault, type Malformed, systemCode } from '../../errors/index.ts'
import {
  Authentication,
  type AuthenticationOutcome,
  COOKIE_BYTES,
  type Command,
  isAsynchronous,
  NONCE_BYTES,
  parseEvent,
  type Reply,
  ReplyReader,
  type TorEvent,
} from '../../tor-control/index.ts'
import { readFileBounded } from './atomic-file.ts'
import { withDeadline } from './deadline.ts'

/** How long tor may take to answer. It has one thread, which a large consensus holds for seconds. Arbitrary. */
const ANSWER_DEADLINE_MS = 20_000

export interface ControlOptions {
  /** Tor's control socket, an AF_UNIX path. */
  readonly socketPath: string
  /** For an external tor that takes HASHEDPASSWORD. */
  readonly password?: string | undefined
  /** Called for each event, in order. A malformed one means that tor did something unknown. */
  onEvent(event: TorEvent | Malformed): void
  /** Called once when an authenticated connection is over, whoever ended it. */
  onClose(): void
}

/** An authenticated connection to tor's control port. */
export interface ControlConnection {
  /** The version that tor gave before authentication. */
  readonly torVersion: string
  /** Send one command and wait for its answer, in order. A refused or malformed command is a Fault too. */
  send(command: Command | Malformed): Promise<Reply>
  /**
   * Send one command and make something of its answer in its turn: after the events that came before it, before any
   * that comes after. What `take` throws, the promise rejects with.
   *
   * A state that tor told must be taken in so: in a later turn it would be put in place of what newer events said.
   */
  send<T>(command: Command | Malformed, take: (reply: Reply) => T): Promise<T>
  close(): void
}

/**
 * Connect to tor's control port and authenticate both ways (SAFECOOKIE, control-spec 3.24).
 *
 * Throws a Fault `TOR_CONTROL_UNREACHABLE` or `TOR_CONTROL_REFUSED`.
 */
export async function openControlConnection(options: ControlOptions): Promise<ControlConnection> {
  const connection = new Connection(options)
  try {
    return await withDeadline(connection.open(options), ANSWER_DEADLINE_MS, () => unreachable('it does not answer'))
  } catch (cause) {
    connection.close()
    throw cause
  }
}

class Connection implements ControlConnection {
  torVersion = ''
  readonly #socket: Socket
  readonly #reader = new ReplyReader()
  readonly #waiting: { take(reply: Reply): void; reject(cause: Fault): void }[] = []
  readonly #onEvent: ControlOptions['onEvent']
  #onClose: (() => void) | undefined
  #over: Fault | undefined

  constructor({ socketPath, onEvent }: ControlOptions) {
    this.#onEvent = onEvent
    this.#socket = connect({ path: socketPath })
    this.#socket.on('data', chunk => this.#read(chunk))
    this.#socket.on('error', cause => this.#end(unreachable(systemCode(cause) ?? 'unknown error', cause)))
    this.#socket.on('close', () => this.#end(unreachable('it closed the connection')))
  }

  async open({ password, onClose }: ControlOptions): Promise<ControlConnection> {
    const authentication = new Authentication({ clientNonce: randomBytes(NONCE_BYTES), password })
    for (;;) {
      const step = authentication.next()
      switch (step.type) {
        case 'send':
          authentication.push(await this.send(step.command))
          break
        case 'read-cookie':
          authentication.cookie(await readCookie(step.path))
          break
        case 'finished':
          if (step.outcome.type !== 'authenticated') throw refused(step.outcome)
          if (this.#over !== undefined) throw this.#over // what followed its last answer ended it
          this.torVersion = step.outcome.torVersion
          this.#onClose = onClose
          return this
        case 'receive':
          throw refused({ type: 'malformed', why: 'no answer to wait for' })
      }
    }
  }

  send<T = Reply>(command: Command | Malformed, take = (reply: Reply) => reply as T): Promise<T> {
    if (command.type === 'malformed') {
      const why = `a command for tor has an illegal ${command.why}`
      return Promise.reject(new Fault('TOR_COMMAND_ILLEGAL', why, { where: 'local', retry: 'never' }))
    }
    if (this.#over !== undefined) return Promise.reject(this.#over)
    const { promise: answer, resolve, reject } = Promise.withResolvers<T>()
    this.#waiting.push({ take: reply => settle(() => take(reply), resolve, reject), reject })
    this.#socket.write(command.bytes)
    return withDeadline(answer, ANSWER_DEADLINE_MS, () => {
      const late = unreachable('it does not answer')
      // Answers come in order: after one that did not come, none can be told from the next.
      this.#end(late)
      return late
    })
  }

  close(): void {
    this.#end(unreachable('the connection was closed'))
  }

  #read(chunk: Buffer): void {
    const { replies, malformed } = this.#reader.push(chunk)
    for (const reply of replies) {
      if (this.#over !== undefined) return
      if (isAsynchronous(reply)) this.#onEvent(parseEvent(reply))
      else this.#answer(reply)
    }
    if (malformed !== undefined) this.#end(unreachable(`it broke the protocol (${malformed})`))
  }

  #answer(reply: Reply): void {
    const asker = this.#waiting.shift()
    if (asker === undefined) this.#end(unreachable('it answered what was not asked'))
    else asker.take(reply)
  }

  #end(why: Fault): void {
    if (this.#over !== undefined) return
    this.#over = why
    this.#socket.destroy()
    for (const { reject } of this.#waiting.splice(0)) reject(why)
    this.#onClose?.()
  }
}

function settle<T>(work: () => T, resolve: (value: T) => void, reject: (cause: unknown) => void): void {
  try {
    resolve(work())
  } catch (cause) {
    reject(cause)
  }
}

/** A cookie that cannot be read is none; what that means is the authentication's to say. */
const readCookie = (path: string): Promise<Uint8Array | undefined> =>
  readFileBounded(path, COOKIE_BYTES).catch(() => undefined)

const unreachable = (why: string, cause?: unknown): Fault =>
  new Fault('TOR_CONTROL_UNREACHABLE', `tor's control socket cannot be used: ${why}`, {
    where: 'tor',
    retry: 'after-waiting',
    next: 'Wait for tor to come back; `cordon status` shows what it waits for.',
    cause,
  })

function refused(outcome: Exclude<AuthenticationOutcome, { type: 'authenticated' }>): Fault {
  return new Fault('TOR_CONTROL_REFUSED', `tor and Cordon cannot authenticate: ${explainOutcome(outcome)}`, {
    where: 'tor',
    retry: 'after-waiting',
    next: 'Set CookieAuthentication 1 in that torrc and let this user read the cookie file, or name a passwordFile.',
  })
}

function explainOutcome(outcome: Exclude<AuthenticationOutcome, { type: 'authenticated' }>): string {
  switch (outcome.type) {
    case 'no-method':
      return `it offers ${outcome.offered.join(', ') || 'nothing'}, and SAFECOOKIE or a password is needed`
    case 'no-cookie':
      return `its cookie file ${outcome.path} cannot be read`
    case 'impostor':
      return 'it does not know the cookie, so it is not the tor that wrote it'
    case 'denied':
      return `it refused us (${outcome.status})`
    case 'malformed':
      return `it broke the protocol (${outcome.why})`
  }
}
