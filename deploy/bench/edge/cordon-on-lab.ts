import { join } from 'node:path'
import { layOutRuntime } from '@cordon/shared/contracts'
import { type ControlConnection, openControlConnection } from '@cordon/shared/runtime/edge'
import { getInfo, parseGetInfo } from '@cordon/shared/tor-control'
import { APP, COMMAND, CordonUp, runtimeIn } from './cordon-up.ts'
import type { Lab } from './lab.ts'
import { Load } from './load.ts'
import { Programs } from './programs.ts'
import type { Credentials, SocksPort, StreamPlan } from './stream-batch.ts'

/** The two ways to one tor that are compared. */
export type Way = 'app' | 'tor'

/** A whole Cordon on the lab, and the two ways to its tor. */
export class CordonOnLab implements AsyncDisposable {
  readonly load: Load
  /** The TCP port of the app that is measured. */
  readonly port: number
  readonly #directory: string
  readonly #programs: Programs
  readonly #socksPorts: Readonly<Record<Way, SocksPort>>
  #control: ControlConnection | undefined

  private constructor(load: Load, programs: Programs, directory: string, port: number) {
    this.load = load
    this.port = port
    this.#directory = directory
    this.#programs = programs
    this.#socksPorts = { app: { port }, tor: { path: layOutRuntime(runtimeIn(directory)).torSocksSocket } }
  }

  static async open(lab: Lab): Promise<CordonOnLab> {
    const programs = new Programs()
    const directory = await programs.makeDirectory()
    const { port } = await CordonUp.start(programs, { lab, directory })
    const cordon = new CordonOnLab(await Load.start(programs), programs, directory, port)
    cordon.#control = await openControlConnection({
      socketPath: layOutRuntime(runtimeIn(directory)).torControlSocket,
      onEvent: () => {},
      onClose: () => {},
    })
    return cordon
  }

  /** Plan a request for `bytes` bytes from the lab's bulk site. */
  plan(way: Way, credentials: Credentials, bytes: number): StreamPlan {
    const hello = `GET /${bytes} HTTP/1.1\r\nHost: bulk.example\r\nConnection: close\r\n\r\n`
    return { proxy: this.#socksPorts[way], credentials, host: 'bulk.example', port: 80, hello }
  }

  /**
   * Open a new circuit on each way, and give the credentials that lead to it on both.
   *
   * Each way has its own: nobody but the gateway may use the credentials that it makes, and the auditor sees to that.
   */
  async openCircuit(name: string): Promise<Credentials> {
    const credentials = { user: name, password: name }
    for (const way of orderOf(0)) await this.load.run([this.plan(way, credentials, 1)], 1)
    return credentials
  }

  /** Write the command that runs another one confined to the app. */
  confine(command: readonly string[]): readonly string[] {
    const places = ['--state-dir', join(this.#directory, 's'), '--runtime-dir', runtimeIn(this.#directory)]
    return [process.execPath, COMMAND, ...places, 'run', APP, '--', ...command]
  }

  /** The process of tor. */
  async torPid(): Promise<number> {
    if (this.#control === undefined) throw new Error('there is no control connection')
    const answer = parseGetInfo(await this.#control.send(getInfo(['process/pid'])))
    return Number('why' in answer ? Number.NaN : answer.get('process/pid'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#control?.close()
    await this.#programs[Symbol.asyncDispose]()
  }
}

/** Let the two ways take turns at being first, so that neither always finds the machine as the other left it. */
export const orderOf = (round: number): readonly Way[] => (round % 2 === 0 ? ['app', 'tor'] : ['tor', 'app'])
