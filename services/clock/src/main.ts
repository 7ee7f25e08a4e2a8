/** The clock as a process: reads its arguments, opens, says that it is ready, and ends with the supervisor. */
import { parseArgs } from 'node:util'
import { explain, Fault } from '@cordon/shared/errors'
import { announce, answerHealth, onResume, onStop } from '@cordon/shared/runtime/edge'
import { parseTraceParent } from '@cordon/shared/telemetry'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import { openClock } from './edge/open-clock.ts'

process.umask(0o077)
answerHealth()

const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    'state-dir': { type: 'string' },
    'runtime-dir': { type: 'string' },
    lab: { type: 'string' },
  },
})

const telemetry = openTelemetry({ part: 'clock' })

try {
  const { config, 'state-dir': stateDirectory, 'runtime-dir': runtimeDirectory, lab } = values
  if (config === undefined || stateDirectory === undefined || runtimeDirectory === undefined) {
    throw new Error('usage: main.ts --config FILE --state-dir DIR --runtime-dir DIR [--lab SOCKET]')
  }
  const clock = await openClock({
    configurationPath: config,
    stateDirectory,
    runtimeDirectory,
    labSocket: lab,
    telemetry,
  })
  onResume(({ traceparent }) => clock.resumed(parseTraceParent(traceparent)))
  process.on('SIGHUP', () => void clock.reload())
  onStop(() => {
    telemetry.log('part.stopping', { part: 'clock' })
    void Promise.all([clock.close(), telemetry.close()]).then(() => process.exit(0))
  })
  announce({ type: 'ready' })
} catch (cause) {
  const { code, next } = cause instanceof Fault ? cause : { code: 'CLK_FAILED', next: undefined }
  telemetry.log('part.failed', { part: 'clock' }, cause)
  announce({ type: 'failed', code, message: explain(cause), next: next ?? null })
  process.exitCode = 1
  if (process.connected) process.disconnect()
}
