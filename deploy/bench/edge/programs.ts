import { type ChildProcess, fork, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** How long a program may take to end in order before it is killed. Above what `cordon up --lab` needs; arbitrary. */
const GRACE_MS = 15_000

/** The programs of one measurement. All of them end with it, and with us: also when we are killed. */
export class Programs implements AsyncDisposable {
  static readonly #all = new Set<Programs>()
  readonly #children = new Set<ChildProcess>()

  constructor() {
    Programs.#all.add(this)
  }

  /** End the programs of every measurement. */
  static async endAll(): Promise<void> {
    await Promise.all([...Programs.#all].map(programs => programs[Symbol.asyncDispose]()))
  }

  /** Start a Node program of ours and wait for its first message. It ends when the IPC channel to us does. */
  async fork<T>(source: string, args: readonly string[] = []): Promise<{ child: ChildProcess; first: T }> {
    const child = this.#track(
      fork(fileURLToPath(new URL(source, import.meta.url)), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
    )
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`${source} ended with ${code} before it was ready`)
    })
    const [first] = await Promise.race([once(child, 'message'), ended])
    ended.catch(() => {}) // an end after that is the measurement's business
    return { child, first: first as T }
  }

  /** Start a program of the machine. The kernel ends it if we are killed. */
  spawn(program: string, args: readonly string[], stdio: SpawnOptions['stdio'] = 'ignore'): ChildProcess {
    return this.#track(spawn('setpriv', ['--pdeathsig', 'TERM', program, ...args], { stdio }))
  }

  /** End one program and wait for it. */
  async end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    const patience = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
    await ended
    clearTimeout(patience)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#children].map(child => this.end(child)))
    Programs.#all.delete(this)
  }

  #track(child: ChildProcess): ChildProcess {
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }
}
