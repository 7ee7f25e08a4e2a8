import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import { getCompileCacheDir } from 'node:module'
import type { Server } from 'node:net'
import { constants } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FromInside, Outfit, ToInside } from '../confine/inside-message.ts'
import { readProgramStatus } from '../confine/program-status.ts'
import type { FailedStep } from '../confine/setup-failure.ts'
import { statusOfSignal } from '../confine/signals.ts'
import type { Tools } from '../confine/tools.ts'

const INSIDE = fileURLToPath(new URL('inside.ts', import.meta.url))

/** Descriptors of the process inside besides the standard ones and Node's channel. */
export const INHERITED = { status: 4, standardError: 5 } as const

/** A line says why; nobody reads more. */
const SAID_MAX_BYTES = 4096

/** A socket of the namespace, made inside and served here. */
export type HandedSocket =
  | { readonly type: 'listener'; readonly server: Server }
  | { readonly type: 'datagrams'; readonly socket: DatagramSocket }

/** Laying the namespaces failed; the program was not started. */
export class SetupFailed extends Error {
  override readonly name = 'SetupFailed'
  readonly step: FailedStep
  readonly said: string

  constructor(step: FailedStep, said: string) {
    super(`${step}: ${said}`)
    this.step = step
    this.said = said
  }
}

/** How a confined program ended, as a shell would say it. */
export interface Ended {
  readonly status: number
  /** Whether the program itself was ever started. */
  readonly wasStarted: boolean
}

/**
 * The process that makes the namespaces and becomes the program.
 *
 * It is one process all the way, by exec: unshare, Node inside, setpriv, bwrap. It ends with us: before it is the
 * program because its channel breaks, after that by the kernel.
 */
export class ConfinedProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<Ended>
  #status = ''
  #said = ''

  constructor({ unshare }: Tools, userNamespace: boolean) {
    const user = userNamespace ? ['--user', '--map-current-user', '--keep-caps'] : []
    const namespaces = [...user, '--net', '--mount', '--propagation', 'private']
    this.#child = spawn(unshare, [...namespaces, '--', process.execPath, INSIDE], {
      stdio: ['inherit', 'inherit', 'pipe', 'ipc', 'pipe', 2],
      env: insideEnvironment(),
    })
    this.#listen(4, text => {
      this.#status += text
    })
    this.#listen(2, text => {
      this.#said = (this.#said + text).slice(-SAID_MAX_BYTES)
    })
    this.#ended = new Promise(resolve => {
      this.#child.once('error', cause => {
        this.#said ||= cause.message
        resolve({ status: 1, wasStarted: false })
      })
      this.#child.once('close', (code, signal) => {
        const status = signal === null ? (code ?? 1) : statusOfSignal(constants.signals[signal])
        const { exitCode } = readProgramStatus(this.#status)
        resolve({ status, wasStarted: exitCode !== undefined || signal !== null })
      })
    })
  }

  #listen(descriptor: number, take: (text: string) => void): void {
    const stream = this.#child.stdio[descriptor]
    if (stream === null || stream === undefined || !('setEncoding' in stream)) return
    stream
      .setEncoding('utf8')
      .on('data', take)
      .on('error', () => {}) // its end says that it is over
  }

  /** The process in the namespaces, as seen from outside. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /** What the process inside or bwrap said before the program was the program. */
  get said(): string {
    return this.#said
  }

  /** The program itself, as seen from outside, or undefined before it is started. */
  get innerInit(): number | undefined {
    return readProgramStatus(this.#status).innerInit
  }

  /** Lay the namespaces. `take` gets each socket as it comes. Reject with {@link SetupFailed}. */
  async lay(outfit: Outfit, take: (socket: HandedSocket) => void): Promise<void> {
    const laid = new Promise<void>((resolve, reject) => {
      this.#child.on('message', (message: FromInside, handle) => {
        if (message.type === 'laid') resolve()
        else if (message.type === 'failed') reject(new SetupFailed(message.step, message.said))
        else if (message.type === 'datagrams') take({ type: 'datagrams', socket: handle as DatagramSocket })
        else take({ type: 'listener', server: handle as Server })
      })
    })
    this.#send({ type: 'lay', outfit })
    const ended = this.#ended.then(() => {
      throw new SetupFailed('namespaces', this.#said)
    })
    await Promise.race([laid, ended])
  }

  /** Let the process inside become the program. */
  start(): void {
    this.#send({ type: 'start' })
  }

  /** Settles when the program and everything that it left have ended. */
  async ended(): Promise<Ended> {
    return await this.#ended
  }

  /** End it at once, whatever it is by now. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  #send(message: ToInside): void {
    // A process that has gone is told by its end.
    if (this.#child.connected) this.#child.send(message, () => {})
  }
}

/** The process inside needs no more than this; the program's environment is sent to it. */
function insideEnvironment(): NodeJS.ProcessEnv {
  const { PATH } = process.env
  const cache = getCompileCacheDir()
  return { PATH, LC_ALL: 'C.UTF-8', ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) }) }
}
