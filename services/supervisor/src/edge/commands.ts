import { setTimeout as wait } from 'node:timers/promises'
import type { AppStatus, Circuits, RuntimeLayout, Status } from '@cordon/shared/contracts'
import { layOutRuntime } from '@cordon/shared/contracts/runtime-layout'
import { Fault } from '@cordon/shared/errors'
import type { AppId } from '@cordon/shared/isolation'
import {
  type AppOptions,
  type Directories,
  describeDnsSetup,
  EXIT,
  type ExitStatus,
  exitStatusOfState,
  formatAdded,
  formatApps,
  formatCircuits,
  formatDns,
  formatDnsSetup,
  formatExports,
  formatStatus,
  formatStatusLine,
  formatTraces,
  listExports,
  readApp,
  readAppName,
  readApps,
  readCircuits,
  readDns,
  readNothing,
  readRenewed,
  readSpans,
  stoppedStatus,
} from '../cli/index.ts'
import { ask, askPart, isNotRunning, leftOut, type Question, STATUS_QUESTION } from './api-client.ts'
import type { AuditOptions } from './audit-command.ts'
import type { LogsOptions } from './follow-logs.ts'
import type { Terminal } from './terminal.ts'
import { traceCommand } from './trace-command.ts'

/** An orderly stop takes 30 s at most. */
const DOWN_DEADLINE_MS = 35_000
const LOOK_AGAIN_MS = 50

/** A screen or two; `--json` prints all that is kept. Arbitrary. */
const TRACES_SHOWN = 20

/** The options of `cordon dns`. */
export interface DnsOptions {
  readonly names?: boolean
  readonly setup?: string
}

/** The commands that ask a running Cordon. Each returns the exit status. */
export class Commands {
  readonly #layout: RuntimeLayout
  readonly #stateDirectory: string
  readonly #terminal: Terminal

  constructor({ runtimeDirectory, stateDirectory }: Directories, terminal: Terminal) {
    this.#layout = layOutRuntime(runtimeDirectory)
    this.#stateDirectory = stateDirectory
    this.#terminal = terminal
  }

  async status({ watch = false }: { readonly watch?: boolean }): Promise<ExitStatus> {
    if (watch) {
      const { watch: watchIt } = await import('./watch.ts')
      const last = await watchIt(
        {
          read: () => this.#readStatus(),
          format: status => formatStatus(status, this.#terminal.palette),
          formatForPipe: status => `${formatStatusLine(status)}\n`,
        },
        this.#terminal,
      )
      return exitStatusOfState(last.state)
    }
    const status = await this.#readStatus()
    this.#terminal.result(status, formatStatus(status, this.#terminal.palette))
    return exitStatusOfState(status.state)
  }

  async down(): Promise<ExitStatus> {
    await this.#askSupervisor({ method: 'POST', path: '/v1/down', read: readNothing })
    this.#terminal.wait('stopping')
    const { lockDirectory, monotonicNow } = await import('@cordon/shared/runtime/edge')
    const deadline = monotonicNow() + DOWN_DEADLINE_MS
    const isFree = async (): Promise<boolean> => {
      const lock = await lockDirectory(this.#stateDirectory).catch(() => undefined)
      await lock?.release()
      return lock !== undefined
    }
    // Its API goes first and its lock last; only then may the next one start.
    while (!(await isFree())) {
      if (monotonicNow() > deadline) throw stillThere()
      await wait(LOOK_AGAIN_MS)
    }
    this.#terminal.done()
    this.#terminal.result({ state: 'stopped' }, 'cordon is stopped\n')
    return EXIT.done
  }

  async logs(options: LogsOptions): Promise<ExitStatus> {
    const { followLogs } = await import('./follow-logs.ts')
    return await followLogs(this.#layout, options, this.#terminal)
  }

  async traces(): Promise<ExitStatus> {
    const question = { method: 'GET', path: '/v1/spans', read: readSpans } as const
    const { joinSpans } = await import('@cordon/shared/telemetry')
    const ours = await this.#askSupervisor(question)
    // What the supervisor saw is worth most while the others do not answer.
    const { gatewaySocket, dnsSocket, clockSocket, updatesSocket } = this.#layout
    const parts = [gatewaySocket, dnsSocket, clockSocket, updatesSocket]
    const theirs = await Promise.all(parts.map(socket => ask(socket, question).catch(() => ({ spans: [] }))))
    const spans = joinSpans([ours, ...theirs].map(part => part.spans))
    this.#terminal.result({ spans }, formatTraces(spans, TRACES_SHOWN, this.#terminal.palette))
    return EXIT.done
  }

  /** Print the names of apps for a shell that completes them; a shell is told nothing else. */
  async completeApps(): Promise<ExitStatus> {
    const { apps } = await this.#readApps().catch(() => ({ apps: [] }))
    const ids = apps.filter(({ own }) => !own).map(({ id }) => id)
    this.#terminal.result({ apps: ids }, ids.map(id => `${id}\n`).join(''))
    return EXIT.done
  }

  async listApps(): Promise<ExitStatus> {
    const { apps } = await this.#readApps()
    this.#terminal.result({ apps }, `${formatApps(apps, this.#terminal.palette)}\n`)
    return EXIT.done
  }

  async addApp(name: string, options: AppOptions): Promise<ExitStatus> {
    const { readAppSettings } = await import('../cli/app-arguments.ts')
    const id = readAppName(name)
    const body = { id, settings: readAppSettings(options) }
    const app = await this.#askGateway({ method: 'POST', path: '/v1/apps', body, read: readApp })
    this.#terminal.result(app, formatAdded(app))
    return EXIT.done
  }

  async removeApp(name: string): Promise<ExitStatus> {
    const id = readAppName(name)
    await this.#askGateway({ method: 'DELETE', path: `/v1/apps/${id}`, read: readNothing })
    this.#terminal.result({ id, removed: true }, `${id} is removed\n`)
    return EXIT.done
  }

  async circuits(name: string | undefined, { watch = false }: { readonly watch?: boolean }): Promise<ExitStatus> {
    const query = name === undefined ? '' : `?app=${readAppName(name)}`
    const question = { method: 'GET', path: `/v1/circuits${query}`, read: readCircuits } as const
    const { network } = await this.#readStatus()
    const format = (circuits: Circuits): string => formatCircuits(circuits, network, this.#terminal.palette)
    const read = async (): Promise<Circuits> => await this.#askGateway(question)
    if (watch) {
      const { watch: watchIt } = await import('./watch.ts')
      await watchIt({ read, format, formatForPipe: format }, this.#terminal)
      return EXIT.done
    }
    const circuits = await read()
    this.#terminal.result(circuits, format(circuits))
    return EXIT.done
  }

  async audit(options: AuditOptions): Promise<ExitStatus> {
    const { runAudit } = await import('./audit-command.ts')
    const { network } = await this.#readStatus()
    return await runAudit({ layout: this.#layout, terminal: this.#terminal, network }, options)
  }

  async renew(name: string): Promise<ExitStatus> {
    const id = readAppName(name)
    const question = { method: 'POST', path: `/v1/apps/${id}/renew`, read: readRenewed } as const
    const renewed = await traceCommand(this.#layout.supervisorSocket, 'renew', traceparent =>
      this.#askGateway({ ...question, traceparent }),
    )
    const closed = `${renewed.circuitsClosed} circuits and ${renewed.streamsClosed} streams closed`
    this.#terminal.result(renewed, `${id} has a new identity (nym epoch ${renewed.nymEpoch}); ${closed}\n`)
    if (!renewed.namesForgotten) this.#terminal.note(NAMES_KEPT)
    return EXIT.done
  }

  async environment(name: string): Promise<ExitStatus> {
    const exports = listExports(await this.#findApp(readAppName(name)))
    this.#terminal.result(exports, formatExports(exports))
    return EXIT.done
  }

  /** Show how the names of an app are answered, or print how a whole desktop is led to them. */
  async dns(name: string, { names = false, setup }: DnsOptions): Promise<ExitStatus> {
    const id = readAppName(name)
    if (setup !== undefined) {
      const { dnsPort } = await this.#findApp(id)
      if (dnsPort === null) throw leftOut('dns')
      const steps = describeDnsSetup(setup, id, dnsPort)
      this.#terminal.result(steps, formatDnsSetup(steps, id))
      return EXIT.done
    }
    const path = `/v1/apps/${id}${names ? '?names=1' : ''}`
    const status = await askPart(this.#layout, 'dns', { method: 'GET', path, read: readDns })
    this.#terminal.result(status, formatDns(status, this.#terminal.palette))
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

  #readApps(): Promise<{ readonly apps: readonly AppStatus[] }> {
    return this.#askGateway({ method: 'GET', path: '/v1/apps', read: readApps })
  }

  #readStatus(): Promise<Status> {
    return this.#askSupervisor(STATUS_QUESTION).catch((thrown: unknown) => {
      if (isNotRunning(thrown)) return stoppedStatus()
      throw thrown
    })
  }

  #askSupervisor<T>(question: Question<T>): Promise<T> {
    return ask(this.#layout.supervisorSocket, question)
  }

  #askGateway<T>(question: Question<T>): Promise<T> {
    return askPart(this.#layout, 'gateway', question)
  }
}

/** Said where dns runs and does not answer the gateway: the supervisor replaces it soon. */
const NAMES_KEPT = 'dns has not said that it forgot the names of before; `cordon status` shows how it is'

const stillThere = (): Fault =>
  new Fault('SUP_PART_FAILED', 'cordon did not stop within its 30 s', {
    where: 'local',
    retry: 'after-waiting',
    next: 'See `cordon status`; send its process SIGTERM twice to end it at once.',
  })
