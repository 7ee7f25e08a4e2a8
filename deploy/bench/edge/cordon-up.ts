import type { ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { askApi } from '@cordon/shared/api/edge/ask-api'
import { layOutRuntime, type PartName, type Status } from '@cordon/shared/contracts'
import type { Lab } from './lab.ts'
import type { Programs } from './programs.ts'

/** The `cordon` command. */
export const COMMAND = fileURLToPath(new URL('../../../services/supervisor/bin/cordon.js', import.meta.url))

/** What is degraded so long has more than a part that is late. Arbitrary. */
const READY_WITHIN_MS = 30_000

/** The app whose port is measured. */
export const APP = 'bench'

/** A whole Cordon in a lab, started as a user starts it, with one app. */
export class CordonUp {
  /** The supervisor. */
  readonly pid: number
  /** From the start of the command until all is ready. */
  readonly startMs: number
  readonly #status: Status
  readonly #child: ChildProcess
  readonly #programs: Programs

  private constructor(programs: Programs, child: ChildProcess, startMs: number, status: Status) {
    this.pid = child.pid ?? 0
    this.startMs = startMs
    this.#status = status
    this.#child = child
    this.#programs = programs
  }

  /** Start it and wait until it is ready. A start in a directory that was used before finds all that was kept. */
  static async start(programs: Programs, { lab, directory }: { lab: Lab; directory: string }): Promise<CordonUp> {
    const configuration = join(directory, 'cordon.yaml')
    await writeFile(configuration, JSON.stringify({ apps: { [APP]: {} } }))
    const places = [
      '--state-dir',
      join(directory, 's'),
      '--runtime-dir',
      runtimeIn(directory),
      '--config',
      configuration,
    ]
    const args = [COMMAND, 'up', '--json', '--lab', '--lab-dir', lab.directory, ...places]
    const start = performance.now()
    const child = programs.spawn(process.execPath, args, ['ignore', 'pipe', 'pipe'])
    if (child.stdout === null) throw new Error('cordon up has no standard output')
    for await (const line of createInterface(child.stdout)) {
      const status = await waitUntilReady(directory, JSON.parse(line) as Status)
      return new CordonUp(programs, child, performance.now() - start, status)
    }
    throw new Error('cordon up ended before it was ready')
  }

  /** The port of its app. */
  get port(): number {
    const app = this.#status.apps.find(({ id }) => id === APP)
    if (typeof app?.port !== 'number') throw new Error('Cordon has no app')
    return app.port
  }

  /** Where its app asks for names. */
  get dnsPort(): number {
    const app = this.#status.apps.find(({ id }) => id === APP)
    if (typeof app?.dnsPort !== 'number') throw new Error('the app has no resolver')
    return app.dnsPort
  }

  pidOf(part: PartName): number {
    const pid = this.#status.parts.find(({ name }) => name === part)?.pid
    if (pid === undefined || pid === null) throw new Error(`${part} has no process`)
    return pid
  }

  /** End it in order. */
  async end(): Promise<void> {
    await this.#programs.end(this.#child)
  }
}

/** What `cordon up` prints once may be that it is degraded: while the gateway looks for tor, for a moment. */
async function waitUntilReady(directory: string, printed: Status): Promise<Status> {
  const { supervisorSocket } = layOutRuntime(runtimeIn(directory))
  const end = performance.now() + READY_WITHIN_MS
  let status = printed
  while (status.state !== 'ready') {
    if (performance.now() > end) throw new Error(`Cordon is ${status.state} and not ready`)
    await new Promise(resolve => setTimeout(resolve, 20))
    status = (await askApi(supervisorSocket, { method: 'GET', path: '/v1/status' })).value as Status
  }
  return status
}

/** Where the parts of a Cordon that was started in `directory` meet. */
export const runtimeIn = (directory: string): string => join(directory, 'r')
