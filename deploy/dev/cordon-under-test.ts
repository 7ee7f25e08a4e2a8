/** A whole Cordon for a test, started as a user starts it: the command, on the lab that all suites share. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { askApi } from '@cordon/shared/api/edge/ask-api'
import { type Audit, type Circuits, layOutRuntime, type RuntimeLayout, type Status } from '@cordon/shared/contracts'
import { until } from '../../shared/test/until.ts'

const COMMAND = fileURLToPath(new URL('../../services/supervisor/bin/cordon.js', import.meta.url))

/** What a program printed, and how it ended. */
export interface Ran {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Above what any takes on a busy machine; six update checks pause for half a minute alone. */
const RUN_MS = 300_000

/** Run a program to its end. */
export async function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ran> {
  return await new Promise(resolve => {
    execFile(program, args, { env, maxBuffer: 64 * 1024 * 1024, timeout: RUN_MS }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? 1), stdout, stderr })
    })
  })
}

/** One instance of Cordon with directories of its own. */
export class CordonUnderTest {
  readonly directory: string
  readonly layout: RuntimeLayout
  readonly #env: NodeJS.ProcessEnv
  #supervisor: ChildProcess | undefined
  #output = ''

  private constructor(directory: string, env: NodeJS.ProcessEnv) {
    this.directory = directory
    this.layout = layOutRuntime(join(directory, 'r'))
    this.#env = env
  }

  /** Start one and wait until it is ready. `configuration` is the text of cordon.yaml; without `services` none run. */
  static async start(configuration = '', env: NodeJS.ProcessEnv = process.env): Promise<CordonUnderTest> {
    const cordon = new CordonUnderTest(await mkdtemp(join(tmpdir(), 'cordon-it-')), env)
    const services = configuration.includes('services:') ? '' : 'services: []\n'
    await writeFile(join(cordon.directory, 'cordon.yaml'), `${services}${configuration}`)
    await cordon.up()
    return cordon
  }

  /** Where every command of this instance looks. */
  get options(): string[] {
    const { directory } = this
    const config = ['--config', join(directory, 'cordon.yaml')]
    return ['--state-dir', join(directory, 's'), '--runtime-dir', join(directory, 'r'), ...config]
  }

  get supervisorPid(): number {
    return this.#supervisor?.pid ?? 0
  }

  /** Run `cordon up` and wait until all is ready. */
  async up(): Promise<void> {
    const lab = process.env['CORDON_TEST_LAB']
    const which = lab === undefined ? ['--lab'] : ['--lab', '--lab-dir', lab]
    this.#output = ''
    const supervisor = spawn(process.execPath, [COMMAND, 'up', ...which, ...this.options], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#supervisor = supervisor
    for (const stream of [supervisor.stdout, supervisor.stderr]) {
      stream.on('data', chunk => {
        this.#output += chunk
      })
    }
    await until(
      'cordon to be ready',
      async () => {
        if (supervisor.exitCode !== null)
          throw new Error(`cordon up ended with ${supervisor.exitCode}:\n${this.#output}`)
        return (await this.status().catch(() => undefined))?.state === 'ready'
      },
      180_000,
    )
  }

  /** Run a command of this instance. */
  async cordon(...args: readonly string[]): Promise<Ran> {
    return await run(process.execPath, [COMMAND, ...args, ...this.options])
  }

  /** Ask the supervisor itself: a command takes a fifth of a second of processor time, and tests look often. */
  async status(): Promise<Status> {
    return (await this.#ask(this.layout.supervisorSocket, '/v1/status')) as Status
  }

  async circuits(): Promise<Circuits> {
    return (await this.#ask(this.layout.gatewaySocket, '/v1/circuits')) as Circuits
  }

  async audit(): Promise<Audit> {
    return (await this.#ask(this.layout.gatewaySocket, '/v1/audit')) as Audit
  }

  async #ask(socket: string, path: string): Promise<unknown> {
    const { status, value } = await askApi(socket, { method: 'GET', path })
    if (status !== 200) throw new Error(`${path}: ${status}`)
    return value
  }

  /** Add an app and give its port. */
  async add(app: string, ...options: readonly string[]): Promise<number> {
    const { status, stdout, stderr } = await this.cordon('apps', 'add', app, '--json', ...options)
    if (status !== 0) throw new Error(stderr)
    return (JSON.parse(stdout) as { port: number }).port
  }

  /** Find the pid of a part. */
  async pidOf(part: string): Promise<number> {
    const pid = (await this.status()).parts.find(({ name }) => name === part)?.pid
    if (pid === undefined || pid === null) throw new Error(`${part} has no process`)
    return pid
  }

  /** Stop it in order, and remove what it kept. */
  async close(): Promise<void> {
    await this.down()
    // Of one that was killed before, a part may still write while it ends.
    await rm(this.directory, { recursive: true, force: true, maxRetries: 20 })
  }

  /** End `cordon up` as a terminal does, and give its exit status. */
  async down(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const supervisor = this.#supervisor
    if (supervisor === undefined || supervisor.exitCode !== null || supervisor.signalCode !== null) return null
    const ended = new Promise<number | null>(resolve => supervisor.once('exit', resolve))
    supervisor.kill(signal)
    return await ended
  }
}
