import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { layOutRuntime, type Status } from '@cordon/shared/contracts'
import { type ControlConnection, openControlConnection } from '@cordon/shared/runtime/edge'
import { setEvents, type TorEvent } from '@cordon/shared/tor-control'
import { run } from '../../dev/cordon-under-test.ts'
import { Load } from './load.ts'
import { Programs } from './programs.ts'
import type { Credentials, SocksPort, StreamPlan } from './stream-batch.ts'

const COMMAND = fileURLToPath(new URL('../../../services/supervisor/bin/cordon.js', import.meta.url))

/** A lab with fresh keys is up in half a minute; a busy machine takes longer. */
const READY_WITHIN_MS = 240_000

/** The app whose port is measured. */
const APP = 'bench'

/** The two ways to one tor that are compared. */
export type Way = 'app' | 'tor'

/** A whole Cordon on a lab of its own, started as a user starts it, with one app. */
export class CordonOnLab implements AsyncDisposable {
  readonly load: Load
  readonly #programs: Programs
  readonly #socksPorts: Readonly<Record<Way, SocksPort>>
  /** What tor saw last as the credentials of a stream. */
  #seen: Credentials | undefined
  #control: ControlConnection | undefined

  private constructor(load: Load, programs: Programs, directory: string, port: number) {
    this.load = load
    this.#programs = programs
    this.#socksPorts = { app: { port }, tor: { path: layOutRuntime(runtimeIn(directory)).torSocksSocket } }
  }

  /** Start it. What `cordon up` says goes to our standard error; `CORDON_LAB_DIR` names a lab that runs already. */
  static async open(): Promise<CordonOnLab> {
    const programs = new Programs()
    const directory = await programs.makeDirectory()
    const port = await startCordon(programs, directory)
    const lab = new CordonOnLab(await Load.start(programs), programs, directory, port)
    lab.#control = await openControlConnection({
      socketPath: layOutRuntime(runtimeIn(directory)).torControlSocket,
      onEvent: event => lab.#take(event),
      onClose: () => {},
    })
    await lab.#control.send(setEvents(['STREAM']))
    return lab
  }

  /** Plan a request for `bytes` bytes from the lab's bulk site. */
  plan(way: Way, credentials: Credentials, bytes: number): StreamPlan {
    const hello = `GET /${bytes} HTTP/1.1\r\nHost: bulk.example\r\nConnection: close\r\n\r\n`
    return { proxy: this.#socksPorts[way], credentials, host: 'bulk.example', port: 80, hello }
  }

  /**
   * Open a new circuit that both ways use: give the credentials that lead to it on each.
   *
   * A stream goes through the app port, and tor's own event tells which credentials the gateway made for it. With those
   * a client of tor's SocksPort gets onto the same circuit, so that the ways differ by the gateway alone.
   */
  async openCircuit(name: string): Promise<Readonly<Record<Way, Credentials>>> {
    const app = { user: name, password: name }
    this.#seen = undefined
    await this.load.run([this.plan('app', app, 1)], 1)
    if (this.#seen === undefined) throw new Error('tor did not say which credentials the stream had')
    return { app, tor: this.#seen }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#control?.close()
    await this.#programs[Symbol.asyncDispose]()
  }

  #take(event: TorEvent | { readonly type: 'malformed' }): void {
    if (event.type !== 'stream' || event.socksUsername === undefined || event.socksPassword === undefined) return
    this.#seen = { user: event.socksUsername.reveal(), password: event.socksPassword.reveal() }
  }
}

/** Start Cordon in `directory`, wait until it is ready, and give the port of its app. */
async function startCordon(programs: Programs, directory: string): Promise<number> {
  const configuration = join(directory, 'cordon.yaml')
  await writeFile(configuration, JSON.stringify({ apps: { [APP]: {} } }))
  const options = [
    '--state-dir',
    join(directory, 's'),
    '--runtime-dir',
    runtimeIn(directory),
    '--config',
    configuration,
  ]
  const up = programs.spawn(process.execPath, [COMMAND, 'up', '--lab', ...options], ['ignore', 2, 2])
  const end = performance.now() + READY_WITHIN_MS
  for (;;) {
    if (up.exitCode !== null) throw new Error(`cordon up ended with ${up.exitCode}`)
    if (performance.now() > end) throw new Error('Cordon was not ready in time')
    const { status, stdout } = await run(process.execPath, [COMMAND, 'status', '--json', ...options])
    const { state, apps } = status === 0 ? (JSON.parse(stdout) as Status) : { state: 'stopped', apps: [] }
    const port = apps.find(({ id }) => id === APP)?.port
    if (state === 'ready' && port !== undefined) return port
    await new Promise(resolve => setTimeout(resolve, 250))
  }
}

const runtimeIn = (directory: string): string => join(directory, 'r')

/** Let the two ways take turns at being first, so that neither always finds the machine as the other left it. */
export const orderOf = (round: number): readonly Way[] => (round % 2 === 0 ? ['app', 'tor'] : ['tor', 'app'])
