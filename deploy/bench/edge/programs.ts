import { type ChildProcess, fork, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How long a program may take to end in order before it is killed. Above what `cordon up --lab` needs; arbitrary. */
const GRACE_MS = 15_000

/** What is kept of what a program says, for the case that it fails. Arbitrary. */
const LAST_WORDS = 4096

/**
 * The programs of one measurement, and the directories that they work in.
 *
 * All of them end with it, and with us: also when we are killed, though then the directories stay. What a program writes
 * to standard error is shown only if it fails.
 */
export class Programs implements AsyncDisposable {
  static readonly #all = new Set<Programs>()
  readonly #children = new Set<ChildProcess>()
  readonly #directories: string[] = []

  constructor() {
    Programs.#all.add(this)
  }

  /** End the programs of every measurement. */
  static async endAll(): Promise<void> {
    await Promise.all([...Programs.#all].map(programs => programs[Symbol.asyncDispose]()))
  }

  /** Make a directory that is removed when the programs have ended. */
  async makeDirectory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'cordon-bench-'))
    this.#directories.push(directory)
    return directory
  }

  /** Start a Node program of ours and wait for its first message. It ends when the IPC channel to us does. */
  async fork<T>(source: string, args: readonly string[] = []): Promise<{ child: ChildProcess; first: T }> {
    const child = this.#track(
      fork(fileURLToPath(new URL(source, import.meta.url)), args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }),
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
    for (const directory of this.#directories) await rm(directory, { recursive: true, force: true })
    Programs.#all.delete(this)
  }

  #track(child: ChildProcess): ChildProcess {
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    keepLastWords(child)
    return child
  }
}

function keepLastWords(child: ChildProcess): void {
  let words = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-LAST_WORDS)
  })
  child.once('close', code => {
    if (code !== 0) process.stderr.write(words)
  })
}
