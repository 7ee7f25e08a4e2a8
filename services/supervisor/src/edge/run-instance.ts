import { closeApi } from '@cordon/shared/api/edge/api-server'
import { type Access, layOutRuntime, type PartName, type Status } from '@cordon/shared/contracts'
import { explain } from '@cordon/shared/errors'
import { SerialQueue } from '@cordon/shared/runtime'
import { inheritNothing, readConfiguration } from '@cordon/shared/runtime/edge'
import type { Directories } from '../cli/index.ts'
import { type ClockSample, chooseParts, judgeState, type LogLine, listParts } from '../lifecycle/index.ts'
import { ConfigurationWatch } from './configuration-watch.ts'
import type { Instance } from './instance.ts'
import { InstanceLock } from './instance-lock.ts'
import { choosePartDrivers } from './part-drivers.ts'
import { askPartStatuses } from './part-statuses.ts'
import { locateAdditions, prepareTor } from './prepare-tor.ts'
import { resume } from './resume.ts'
import { readClocks, SleepWatch } from './sleep-watch.ts'
import { Supervisor } from './supervisor.ts'
import { buildSupervisorApi, openSupervisorApi } from './supervisor-api.ts'
import { TorWatch } from './tor-watch.ts'

/** What to run. */
export interface InstanceOptions {
  readonly directories: Directories
  /** Where the lab lives; undefined on the Tor network. */
  readonly labDirectory: string | undefined
  /** `group` is system mode: the parts are watched and not started. */
  readonly access: Access
  onLog(line: LogLine): void
  /** By which a sleep of the machine is seen; its own clocks if this is left out. */
  readonly readClocks?: () => ClockSample
  /** Called once, when an orderly stop begins. */
  onStop?(): void
}

/** One running Cordon: its parts, its API, its locks. */
export class RunningInstance {
  readonly #instance: Instance
  readonly #watch: TorWatch
  readonly #supervisor: Supervisor
  readonly #api: ReturnType<typeof buildSupervisorApi>
  readonly #lock: InstanceLock
  readonly #ended = Promise.withResolvers<void>()
  readonly #named: boolean
  readonly #onStop: () => void
  readonly #readClocks: () => ClockSample
  #changed = Promise.withResolvers<void>()
  #configurationTrouble: string | undefined
  #sleepWatch: SleepWatch | undefined
  readonly #configurationWatch = new ConfigurationWatch(() => void this.reload())
  readonly #reloads = new SerialQueue()
  #wasReady = false
  #over = false
  #stopping: Promise<void> | undefined

  constructor(instance: Instance, options: InstanceOptions) {
    const { onLog, onStop = () => {} } = options
    this.#onStop = onStop
    this.#readClocks = options.readClocks ?? readClocks
    this.#instance = instance
    this.#named = mustBeThere(options)
    this.#watch = new TorWatch(instance, () => this.#torChanged())
    this.#lock = new InstanceLock(instance.layout)
    const drivers = choosePartDrivers(instance, this.#watch)
    this.#supervisor = new Supervisor(chooseParts([...drivers.keys()]), drivers, {
      changed: () => this.#notify(),
      logged: onLog,
    })
    this.#api = buildSupervisorApi({
      status: () => this.status(),
      logs: after => this.#supervisor.log.linesAfter(after),
      spans: this.#supervisor.recorder,
      down: () => void this.stop(),
    })
  }

  /** Settles when everything has ended. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  get isOver(): boolean {
    return this.#over
  }

  /** Lock the directories, serve the API, and want everything up. */
  async start(): Promise<void> {
    const { stateDirectory, layout } = this.#instance
    inheritNothing()
    await this.#lock.take(stateDirectory)
    try {
      await openSupervisorApi(this.#api, layout)
    } catch (cause) {
      await this.#lock.release()
      throw cause
    }
    this.#watchFiles()
    this.#supervisor.start()
    this.#sleepWatch = new SleepWatch(this.#readClocks, sleep => {
      // A tor that somebody else runs has circuits of others.
      const isOurs = this.#instance.configuration.tor?.external === undefined
      void resume(sleep, this.#supervisor, isOurs ? this.#watch.connection : undefined)
    })
  }

  /** Settles at the next change of anything that the status shows, and at the end. */
  get changed(): Promise<void> {
    return this.#changed.promise
  }

  async status(): Promise<Status> {
    // Before the gateway is asked: whoever asks meanwhile may see readiness before we do, which is then not lost here.
    const wasReady = this.#wasReady
    const { gateway, clock, updates } = await askPartStatuses(this.#instance.layout, part => this.#isReady(part))
    const supervision = this.#supervisor.supervision
    const torState = supervision.parts.find(({ definition }) => definition.name === 'tor')?.state
    const tor = this.#watch.status(torState === 'starting' || torState === 'ready')
    const state = judgeState({ supervision, tor, gateway, wasReady })
    if (state === 'ready') this.#wasReady = true
    const { lab, labDirectory } = this.#instance
    const trouble = [this.#configurationTrouble, gateway?.configurationTrouble].find(one => typeof one === 'string')
    return {
      state,
      network: labDirectory === undefined ? 'tor' : 'lab',
      tor,
      parts: listParts(supervision),
      apps: gateway?.apps ?? [],
      audit: gateway?.audit ?? { verdict: 'unknown', drift: [] },
      clock,
      updates,
      ...(lab === undefined ? {} : { lab: { onion: lab.onion, authority: lab.authority } }),
      configurationTrouble: trouble ?? null,
    }
  }

  /** End everything in order, at most 30 s. */
  stop(): Promise<void> {
    if (this.#stopping === undefined) {
      this.#onStop()
      this.#stopping = this.#end(() => this.#supervisor.stop())
    }
    return this.#stopping
  }

  /** End everything at once. */
  async abort(): Promise<void> {
    await this.#supervisor.abort()
    await this.stop()
  }

  /** Read the configuration again; a mistake leaves the old one live. What is read last is what holds. */
  reload(): Promise<void> {
    return this.#reloads.run(() => this.#reload())
  }

  async #reload(): Promise<void> {
    if (this.#stopping !== undefined) return
    const { configuration: before, configurationFile } = this.#instance
    try {
      this.#instance.configuration = await readConfiguration(configurationFile, this.#named)
      await this.#reloadTor(before)
      this.#configurationTrouble = undefined
      this.#supervisor.mend()
    } catch (thrown) {
      this.#instance.configuration = before
      this.#configurationTrouble = explain(thrown)
    }
    if (this.#stopping !== undefined) return
    this.#watchFiles()
    this.#supervisor.reload('gateway')
    this.#supervisor.reload('clock')
    this.#supervisor.reload('updates')
    this.#notify()
  }

  async #reloadTor(before: Instance['configuration']): Promise<void> {
    // Who started tor in system mode also has it read its configuration again.
    if (this.#instance.layout.access === 'group') return
    if (before.tor?.external !== undefined || this.#instance.configuration.tor?.external !== undefined) return
    // While tor waits for its lab it has nothing to read yet.
    if (this.#instance.labDirectory !== undefined && this.#instance.lab === undefined) return
    if ((await prepareTor(this.#instance, process.pid)).changed) this.#supervisor.reload('tor')
  }

  #watchFiles(): void {
    this.#configurationWatch.follow([this.#instance.configurationFile, locateAdditions(this.#instance)])
  }

  #torChanged(): void {
    if (this.#watch.circuitEstablished) this.#supervisor.announceReady('tor')
    else this.#supervisor.announceWaiting('tor', this.#watch.detail)
  }

  #isReady(part: PartName): boolean {
    return this.#supervisor.supervision.parts.some(
      ({ definition, state }) => definition.name === part && state === 'ready',
    )
  }

  #notify(): void {
    const changed = this.#changed
    this.#changed = Promise.withResolvers()
    changed.resolve()
  }

  async #end(stopParts: () => Promise<void>): Promise<void> {
    this.#configurationWatch.close()
    this.#sleepWatch?.close()
    await stopParts()
    await closeApi(this.#api)
    await this.#lock.clean()
    await this.#lock.release()
    this.#over = true
    this.#ended.resolve()
    this.#notify()
  }
}

/** Read the configuration and build an instance that has not started. */
export async function prepareInstance(options: InstanceOptions): Promise<RunningInstance> {
  const { configurationFile, stateDirectory, runtimeDirectory } = options.directories
  const instance: Instance = {
    configurationFile,
    stateDirectory,
    layout: layOutRuntime(runtimeDirectory, options.access),
    labDirectory: options.labDirectory,
    configuration: await readConfiguration(configurationFile, mustBeThere(options)),
    lab: undefined,
  }
  return new RunningInstance(instance, options)
}

/** A file that a person names must be there. In system mode units name it, and its administrator need not write one. */
const mustBeThere = ({ directories, access }: InstanceOptions): boolean =>
  directories.configurationNamed && access === 'user'
