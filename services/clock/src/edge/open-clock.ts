import { join } from 'node:path'
import { closeApi, openApi } from '@cordon/shared/api/edge/api-server'
import { type Configuration, completeClockSettings, OWN_APPS } from '@cordon/shared/contracts'
import type { PartStart, RunningPart } from '@cordon/shared/part/edge'
import { openJobQueue, readQueuePlace } from '@cordon/shared/queue/edge'
import { openPrivateDirectory, openSocketDirectory, readConfiguration } from '@cordon/shared/runtime/edge'
import { TIME_SOURCES } from '../select/index.ts'
import { buildClockApi } from './clock-api.ts'
import { type ClockConfiguration, ClockKeeper } from './clock-keeper.ts'
import { ClockSchedule } from './clock-schedule.ts'
import { FloorFile } from './floor-file.ts'
import { GatewayClient } from './gateway-client.ts'
import { type ClockSetter, MACHINE_CLOCK } from './machine-clock.ts'
import { readLab } from './read-lab.ts'
import { SntpServer } from './sntp-server.ts'

/** Nobody in a lab may move the real clock: its sources are programs of a test. */
const LAB_SETTER: ClockSetter = {
  mayNotSet: () => 'the sources are those of a lab, which moves no real clock',
  step: () => {},
  slew: () => {},
}

/**
 * Open the clock service: its API, its SNTP server if wanted, and its schedule.
 *
 * A changed configuration holds from then on, but for the SNTP port, which stays as it is until a restart.
 */
export async function openClock(start: PartStart): Promise<RunningPart> {
  const { configurationFile, stateDirectory, layout, labSocket, telemetry } = start
  const { clock, redis } = start.configuration
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
    setter: lab === undefined ? MACHINE_CLOCK : LAB_SETTER,
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
  await openSocketDirectory(layout, layout.clockDirectory)
  await openApi(api, layout.clockSocket, layout)
  return {
    resumed: parent => schedule.resumed(parent),
    reload: () => {
      readConfiguration(configurationFile).then(
        read => {
          configuration = complete(read.clock)
        },
        () => {}, // the old one stays live; the supervisor and the gateway say what is wrong with this one
      )
    },
    close: async () => {
      schedule.close()
      abort.abort()
      sntp?.close()
      await Promise.all([closeApi(api), queue.close()])
    },
  }
}
