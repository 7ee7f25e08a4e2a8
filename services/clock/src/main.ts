/** The clock as a process: reads its arguments, opens, says that it is ready, and ends with whoever started it. */
import { explain, Fault } from '@cordon/shared/errors'
import {
  announce,
  answerHealth,
  onResume,
  onStop,
  openHealthSocket,
  readPartArguments,
} from '@cordon/shared/runtime/edge'
import { parseTraceParent } from '@cordon/shared/telemetry'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import { openPartTelemetry } from '@cordon/shared/through-tor/edge'
import { openClock, readConfiguration } from './edge/open-clock.ts'

answerHealth()

let telemetry = openTelemetry({ part: 'clock' })

try {
  const { configurationFile, stateDirectory, layout, labSocket } = readPartArguments()
  const settings = (await readConfiguration(configurationFile)).telemetry
  if (settings !== undefined) telemetry = await openPartTelemetry({ part: 'clock', settings, layout })
  const clock = await openClock({ configurationPath: configurationFile, stateDirectory, layout, labSocket, telemetry })
  onResume(({ traceparent }) => clock.resumed(parseTraceParent(traceparent)))
  process.on('SIGHUP', () => void clock.reload())
  onStop(() => {
    telemetry.log('part.stopping', { part: 'clock' })
    void Promise.all([clock.close(), telemetry.close()]).then(() => process.exit(0))
  })
  await openHealthSocket(layout, 'clock')
  announce({ type: 'ready' })
} catch (cause) {
  const { code, next } = cause instanceof Fault ? cause : { code: 'CLK_FAILED', next: undefined }
  telemetry.log('part.failed', { part: 'clock' }, cause)
  announce({ type: 'failed', code, message: explain(cause), next: next ?? null })
  process.exitCode = 1
  if (process.connected) process.disconnect()
}
