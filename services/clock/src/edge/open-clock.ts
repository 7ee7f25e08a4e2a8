import { join } from 'node:path'
import {
  CONFIGURATION_MAX_BYTES,
  type Configuration,
  completeClockSettings,
  OWN_APPS,
  parseConfiguration,
  type RuntimeLayout,
} from '@cordon/shared/contracts'
import { openJobQueue, readQueuePlace } from '@cordon/shared/queue/edge'
import { openPrivateDirectory, readFileBounded } from '@cordon/shared/runtime/edge'
import type { SpanContext, Telemetry } from '@cordon/shared/telemetry'
import { TIME_SOURCES } from '../select/index.ts'
import { buildClockApi, openClockApi } from './clock-api.ts'
import { type ClockConfiguration, ClockKeeper } from './clock-keeper.ts'
import { ClockSchedule } from './clock-schedule.ts'
import { FloorFile } from './floor-file.ts'
import { GatewayClient } from './gateway-client.ts'
import { type ClockSetter, MACHINE_CLOCK } from './machine-clock.ts'
import { readLab } from './read-lab.ts'
import { SntpServer } from './sntp-server.ts'

export interface ClockOptions {
  readonly configurationPath: string
  readonly stateDirectory: string
  readonly layout: RuntimeLayout
  /** Where a lab describes itself; undefined on the Tor network. */
  readonly labSocket: string | undefined
  readonly telemetry: Telemetry
  readonly setter?: ClockSetter
}

/** A clock service that runs. */
export interface RunningClock {
  resumed(parent: SpanContext | undefined): void
  /** Read the configuration again; a mistake leaves the old one live. The SNTP port stays as it is until a restart. */
  reload(): Promise<void>
  close(): Promise<void>
}

/** Nobody in a lab may move the real clock: its sources are programs of a test. */
const LAB_SETTER: ClockSetter = {
  mayNotSet: () => 'the sources are those of a lab, which moves no real clock',
  step: () => {},
  slew: () => {},
}

/** Open the clock service: its API, its SNTP server if wanted, and its schedule. */
export async function openClock(options: ClockOptions): Promise<RunningClock> {
  const { configurationPath, stateDirectory, layout, labSocket, telemetry } = options
  const { clock, redis } = await readConfiguration(configurationPath)
  const lab = labSocket === undefined ? undefined : await readLab(labSocket)
  const complete = (section: Configuration['clock']): ClockConfiguration => {
    const settings = completeClockSettings(section)
    return { settings, pools: settings.pools ?? lab?.pools ?? TIME_SOURCES }
  }
  let configuration = complete(clock)
  const directory = join(stateDirectory, 'clock')
  await openPrivateDirectory(directory)
  const gateway = new GatewayClient(layout.gatewaySocket)
  const queue = await openJobQueue({
    redis: redis ?? { socket: layout.redisSocket },
    place: await readQueuePlace(stateDirectory),
    telemetry,
  })
  let sntp: SntpServer | undefined
  const keeper = new ClockKeeper({
    configuration: () => configuration,
    appSocket: layout.appSocket(OWN_APPS.clock),
    authorities: lab === undefined ? [] : [lab.authority],
    readWindow: async () => {
      const { consensus } = await gateway.readClock()
      if (consensus === null) return undefined
      return { validAfterMs: Date.parse(consensus.validAfter), validUntilMs: Date.parse(consensus.validUntil) }
    },
    floor: new FloorFile(directory),
    setter: options.setter ?? (lab === undefined ? MACHINE_CLOCK : LAB_SETTER),
    telemetry,
    serves: () => sntp !== undefined,
    // Nothing else of this process works on the queue meanwhile; the round that steps is itself its running job.
    aroundStep: { before: () => void queue.pause(), after: () => queue.resume() },
  })
  const { sntpPort } = configuration.settings
  if (sntpPort !== undefined) sntp = await SntpServer.open(sntpPort, () => keeper.believedTime())
  const abort = new AbortController()
  const schedule = new ClockSchedule({ keeper, queue, gateway })
  const api = buildClockApi({
    telemetry,
    status: () => ({ ...keeper.status(), nextSeconds: schedule.nextSeconds }),
    history: () => ({ points: keeper.history() }),
    sync: async allowBackward => {
      await schedule.sync({ reason: 'request', allowBackward, signal: abort.signal })
    },
  })
  await openClockApi(api, layout)
  return {
    resumed: parent => schedule.resumed(parent),
    reload: async () => {
      const read = await readConfiguration(configurationPath).catch(() => undefined)
      // The supervisor and the gateway say what is wrong with it.
      if (read !== undefined) configuration = complete(read.clock)
    },
    close: async () => {
      schedule.close()
      abort.abort()
      sntp?.close()
      await Promise.all([api.close(), queue.close()])
    },
  }
}

/** Read cordon.yaml; the supervisor and the gateway have judged it before, so a mistake here is one made since. */
export async function readConfiguration(path: string): Promise<Configuration> {
  const content = await readFileBounded(path, CONFIGURATION_MAX_BYTES)
  return content === undefined ? {} : parseConfiguration(content.toString('utf8'), path)
}
