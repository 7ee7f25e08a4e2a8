import { setTimeout as wait } from 'node:timers/promises'
import { APP_STATUS, type AppStatus, CIRCUITS, layOutRuntime, RENEWED, type Status } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import type { AppId } from '@cordon/shared/isolation'
import { answers, lockDirectory, monotonicNow } from '@cordon/shared/runtime/edge'
import Type from 'typebox'
import {
  type AppOptions,
  type Directories,
  EXIT,
  type ExitStatus,
  exitStatusOfState,
  formatApps,
  formatCircuits,
  formatExports,
  formatStatus,
  listExports,
  readAppName,
  readAppSettings,
  stoppedStatus,
} from '../cli/index.ts'
import { ask, STATUS_QUESTION } from './api-client.ts'
import type { Terminal } from './terminal.ts'

/** An orderly stop takes 30 s at most. */
const DOWN_DEADLINE_MS = 35_000
const LOOK_AGAIN_MS = 50

const APPS = Type.Object({ apps: Type.Array(APP_STATUS) })

/** The commands that ask a running Cordon. Each returns the exit status. */
export class Commands {
  readonly #gateway: string
  readonly #supervisor: string
  readonly #stateDirectory: string
  readonly #terminal: Terminal

  constructor({ runtimeDirectory, stateDirectory }: Directories, terminal: Terminal) {
    const layout = layOutRuntime(runtimeDirectory)
    this.#gateway = layout.gatewaySocket
    this.#supervisor = layout.supervisorSocket
    this.#stateDirectory = stateDirectory
    this.#terminal = terminal
  }

  async status(): Promise<ExitStatus> {
    const status = await this.#readStatus()
    this.#terminal.result(status, formatStatus(status, this.#terminal.palette))
    return exitStatusOfState(status.state)
  }

  async down(): Promise<ExitStatus> {
    if (!(await answers(this.#supervisor))) throw notRunning()
    await ask(this.#supervisor, { method: 'POST', path: '/v1/down', answer: Type.Undefined() })
    this.#terminal.wait('stopping')
    const deadline = monotonicNow() + DOWN_DEADLINE_MS
    // Its API goes first and its lock last; only then may the next one start.
    while ((await answers(this.#supervisor)) || !(await isFree(this.#stateDirectory))) {
      if (monotonicNow() > deadline) throw stillThere()
      await wait(LOOK_AGAIN_MS)
    }
    this.#terminal.done()
    this.#terminal.result({ state: 'stopped' }, 'cordon is stopped\n')
    return EXIT.done
  }

  async listApps(): Promise<ExitStatus> {
    const { apps } = await this.#readApps()
    this.#terminal.result({ apps }, apps.length === 0 ? 'No apps yet: cordon apps add NAME\n' : `${formatApps(apps)}\n`)
    return EXIT.done
  }

  async addApp(name: string, options: AppOptions): Promise<ExitStatus> {
    const id = readAppName(name)
    const body = { id, settings: readAppSettings(options) }
    const app = await this.#askGateway({ method: 'POST', path: '/v1/apps', body, answer: APP_STATUS })
    this.#terminal.result(app, `${app.id} has port ${app.port} (socks5h://127.0.0.1:${app.port})\n`)
    return EXIT.done
  }

  async removeApp(name: string): Promise<ExitStatus> {
    const id = readAppName(name)
    await this.#askGateway({ method: 'DELETE', path: `/v1/apps/${id}`, answer: Type.Undefined() })
    this.#terminal.result({ id, removed: true }, `${id} is removed\n`)
    return EXIT.done
  }

  async circuits(name: string | undefined): Promise<ExitStatus> {
    const query = name === undefined ? '' : `?app=${readAppName(name)}`
    const circuits = await this.#askGateway({ method: 'GET', path: `/v1/circuits${query}`, answer: CIRCUITS })
    const { network } = await this.#readStatus()
    this.#terminal.result(circuits, formatCircuits(circuits, network, this.#terminal.palette))
    return EXIT.done
  }

  async renew(name: string): Promise<ExitStatus> {
    const id = readAppName(name)
    const renewed = await this.#askGateway({ method: 'POST', path: `/v1/apps/${id}/renew`, answer: RENEWED })
    const closed = `${renewed.circuitsClosed} circuits and ${renewed.streamsClosed} streams closed`
    this.#terminal.result(renewed, `${id} has a new identity (nym epoch ${renewed.nymEpoch}); ${closed}\n`)
    return EXIT.done
  }

  async environment(name: string): Promise<ExitStatus> {
    const exports = listExports(await this.#findApp(readAppName(name)))
    this.#terminal.result(exports, formatExports(exports))
    return EXIT.done
  }

  async #findApp(id: AppId): Promise<AppStatus> {
    const { apps } = await this.#readApps()
    const app = apps.find(one => one.id === id)
    if (app !== undefined) return app
    throw new Fault('GW_APP_UNKNOWN', `there is no app named ${id}`, {
      where: 'local',
      retry: 'never',
      next: `Add it with \`cordon apps add ${id}\`.`,
    })
  }

  #readApps(): Promise<Type.Static<typeof APPS>> {
    return this.#askGateway({ method: 'GET', path: '/v1/apps', answer: APPS })
  }

  async #readStatus(): Promise<Status> {
    return (await answers(this.#supervisor)) ? await ask(this.#supervisor, STATUS_QUESTION) : stoppedStatus()
  }

  /** A gateway that does not answer means one thing where nothing runs, and another where it is being restarted. */
  async #askGateway<T extends Type.TSchema>(question: Parameters<typeof ask<T>>[1]): Promise<Type.Static<T>> {
    if (await answers(this.#gateway)) return await ask(this.#gateway, question)
    if (!(await answers(this.#supervisor))) throw notRunning()
    throw new Fault('SUP_NOT_READY', 'the gateway is not ready; nothing passes meanwhile', {
      where: 'local',
      retry: 'after-waiting',
      next: 'See `cordon status` for what it waits for.',
    })
  }
}

/** Report whether nobody runs on `directory`. */
async function isFree(directory: string): Promise<boolean> {
  try {
    const lock = await lockDirectory(directory)
    await lock.release()
    return true
  } catch {
    return false
  }
}

const notRunning = (): Fault =>
  new Fault('SUP_NOT_RUNNING', 'cordon is not running', {
    where: 'local',
    retry: 'never',
    next: 'Start it with `cordon up`, or name its directories with --state-dir and --runtime-dir.',
  })

const stillThere = (): Fault =>
  new Fault('SUP_PART_FAILED', 'cordon did not stop within its 30 s', {
    where: 'local',
    retry: 'after-waiting',
    next: 'See `cordon status`; send its process SIGTERM twice to end it at once.',
  })
