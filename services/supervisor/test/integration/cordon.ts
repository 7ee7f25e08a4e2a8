import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { askApi } from '@cordon/shared/api/edge/ask-api'
import { layOutRuntime, type PartStatus, type Status } from '@cordon/shared/contracts'
import { until } from '../../../../shared/test/until.ts'
import { stoppedStatus } from '../../src/cli/index.ts'

const CORDON = fileURLToPath(new URL('../../bin/cordon.js', import.meta.url))
const LAB = fileURLToPath(new URL('../../../../deploy/lab/src/main.ts', import.meta.url))

/** What one run of the command left. */
export interface Run {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

export { until }

/** What most tests need: no service, each of which takes a second of processor time to start. */
export const NO_SERVICES = 'services: []\n'

/** One Cordon with directories of its own, driven as a person drives it. */
export class Cordon {
  readonly directory: string
  readonly #children: ChildProcess[] = []

  private constructor(directory: string) {
    this.directory = directory
  }

  /** Make one that does not run yet. `configuration` is the text of cordon.yaml; by default no service runs. */
  static async create(configuration = NO_SERVICES): Promise<Cordon> {
    const directory = await mkdtemp(join(tmpdir(), 'cordon-test-'))
    await mkdir(join(directory, 'c', 'cordon'), { recursive: true })
    if (configuration !== '') await writeFile(join(directory, 'c', 'cordon', 'cordon.yaml'), configuration)
    return new Cordon(directory)
  }

  get configurationFile(): string {
    return join(this.directory, 'c', 'cordon', 'cordon.yaml')
  }

  get runtimeDirectory(): string {
    return join(this.directory, 'r')
  }

  /** Start the command and leave it running. */
  start(...args: readonly string[]): ChildProcess {
    return this.startUnder([process.execPath], ...args)
  }

  /** Start the command by another program, whose arguments end before the name of the command. */
  startUnder([program = '', ...before]: readonly string[], ...args: readonly string[]): ChildProcess {
    const child = spawn(program, [...before, CORDON, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: this.#env })
    this.#children.push(child)
    return child
  }

  /** Start a shell on a terminal of its own: what is written to its standard input is typed there. */
  startOnTerminal(commands: string): ChildProcess {
    const env = { ...this.#env, TERM: 'xterm', SHELL: '/bin/sh', CORDON_NODE: process.execPath, CORDON_COMMAND: CORDON }
    const child = spawn('script', ['-qec', commands, '/dev/null'], { stdio: ['pipe', 'pipe', 'pipe'], env })
    this.#children.push(child)
    return child
  }

  get #env(): NodeJS.ProcessEnv {
    const { PATH = '', XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env
    return {
      PATH,
      HOME: this.directory,
      // Compiled sources: the same for every run, and written after the end of a run.
      XDG_CACHE_HOME,
      XDG_CONFIG_HOME: join(this.directory, 'c'),
      CORDON_STATE_DIR: join(this.directory, 's'),
      CORDON_RUNTIME_DIR: this.runtimeDirectory,
    }
  }

  /** Run the command to its end. */
  async run(...args: readonly string[]): Promise<Run> {
    return await finish(this.start(...args))
  }

  async runUnder(program: readonly string[], ...args: readonly string[]): Promise<Run> {
    return await finish(this.startUnder(program, ...args))
  }

  /** Run the command and read what it prints for scripts. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at fields of answers whose schemas other tests check
  async json(...args: readonly string[]): Promise<any> {
    return JSON.parse((await this.run('--json', ...args)).out)
  }

  /** Ask the supervisor itself, or say that nothing runs: a command costs much, and tests look often. */
  async status(): Promise<Status> {
    const { supervisorSocket } = layOutRuntime(this.runtimeDirectory)
    const answer = await askApi(supervisorSocket, { method: 'GET', path: '/v1/status' }).catch(() => undefined)
    return answer?.status === 200 ? (answer.value as Status) : stoppedStatus()
  }

  async part(name: string): Promise<PartStatus | undefined> {
    return (await this.status()).parts.find(part => part.name === name)
  }

  /** The process of a part. */
  async pid(name: string): Promise<number> {
    const pid = (await this.part(name))?.pid ?? null
    if (pid === null) throw new Error(`${name} has no process`)
    return pid
  }

  /** Wait until all is ready. */
  async ready(): Promise<void> {
    await until('readiness', async () => (await this.status()).state === 'ready')
  }

  /** The process that started the parts. */
  async supervisorPid(): Promise<number> {
    const status = readFileSync(`/proc/${await this.pid('gateway')}/status`, 'utf8')
    return Number(/^PPid:\s+([0-9]+)$/m.exec(status)?.[1])
  }

  /** Wait until all is ready and `part` is another process than `before`; tell the milliseconds since `since`. */
  async backFrom(part: string, before: number, since: number): Promise<number> {
    await until(`a new ${part}`, async () => {
      const { state, parts } = await this.status()
      const pid = parts.find(({ name }) => name === part)?.pid ?? null
      return state === 'ready' && pid !== null && pid !== before
    })
    return performance.now() - since
  }

  /** Processes that know this instance's directories: everything that we could leave behind. */
  processes(): readonly string[] {
    return readdirSync('/proc')
      .filter(name => /^[0-9]+$/.test(name) && Number(name) !== process.pid)
      .filter(pid => readCommand(pid).includes(this.directory))
  }

  async close(): Promise<void> {
    await this.run('down')
    for (const child of this.#children) if (child.exitCode === null) child.kill('SIGKILL')
    await until('the end of all processes', () => (this.processes().length === 0 ? true : undefined))
    await rm(this.directory, { recursive: true, force: true })
  }
}

/** Wait for the end of a run and keep what it printed. */
export async function finish(child: ChildProcess): Promise<Run> {
  let out = ''
  let err = ''
  child.stdout?.setEncoding('utf8').on('data', chunk => {
    out += chunk
  })
  child.stderr?.setEncoding('utf8').on('data', chunk => {
    err += chunk
  })
  await once(child, 'close')
  return { status: child.exitCode, out, err }
}

function readCommand(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // it has ended meanwhile
  }
}

/** The lab that all tests share: the one that CORDON_TEST_LAB names, or one of our own. */
export async function openLab(): Promise<{ readonly directory: string; close(): Promise<void> }> {
  const { CORDON_TEST_LAB } = process.env
  if (CORDON_TEST_LAB !== undefined) return { directory: CORDON_TEST_LAB, close: async () => {} }
  const directory = await mkdtemp(join(tmpdir(), 'cordon-lab-'))
  const { PATH = '' } = process.env
  const lab = spawn(process.execPath, [LAB, '--dir', directory], { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH } })
  const ended = once(lab, 'close')
  let said = ''
  lab.stdout.setEncoding('utf8').on('data', chunk => {
    said += chunk
  })
  await until('a ready lab', () => (said.includes('"type":"ready"') ? true : undefined), 90_000)
  return {
    directory,
    close: async () => {
      lab.stdin.end()
      await ended
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Fetch a page of the lab through an app port with curl, as a person would. */
export async function fetchThrough(port: number, url = 'http://check.example/', seconds = 20): Promise<Run> {
  const args = [
    '--silent',
    '--show-error',
    '--max-time',
    String(seconds),
    '--proxy',
    `socks5h://127.0.0.1:${port}`,
    url,
  ]
  return await finish(spawn('curl', args, { stdio: ['ignore', 'pipe', 'pipe'] }))
}
