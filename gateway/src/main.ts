/** The gateway as a process: reads its arguments, opens, says that it is ready, and ends with the supervisor. */
import { parseArgs } from 'node:util'
import { layOutRuntime } from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import { announce, answerHealth, onResume, onStop } from '@cordon/shared/runtime/edge'
import { parseTraceParent } from '@cordon/shared/telemetry'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import { openPartTelemetry } from '@cordon/shared/through-tor/edge'
import { readConfiguration } from './edge/configuration-file.ts'
import { Gateway } from './edge/gateway.ts'

process.umask(0o077)
answerHealth()

const { values } = parseArgs({
  options: { config: { type: 'string' }, 'state-dir': { type: 'string' }, 'runtime-dir': { type: 'string' } },
})

let telemetry = openTelemetry({ part: 'gateway' })

try {
  const { config, 'state-dir': stateDirectory, 'runtime-dir': runtimeDirectory } = values
  if (config === undefined || stateDirectory === undefined || runtimeDirectory === undefined) {
    throw new Error('usage: main.ts --config FILE --state-dir DIR --runtime-dir DIR')
  }
  const layout = layOutRuntime(runtimeDirectory)
  const settings = (await readConfiguration(config)).telemetry
  if (settings !== undefined) telemetry = await openPartTelemetry({ part: 'gateway', settings, layout })
  const gateway = await Gateway.open({ configurationPath: config, stateDirectory, layout, telemetry })
  onStop(() => {
    telemetry.log('part.stopping', { part: 'gateway' })
    void Promise.all([gateway.close(), telemetry.close()]).then(() => process.exit(0))
  })
  onResume(({ traceparent }) => gateway.resumed(parseTraceParent(traceparent)))
  announce({ type: 'ready' })
} catch (cause) {
  const { code, next } = cause instanceof Fault ? cause : { code: 'GW_FAILED', next: undefined }
  telemetry.log('part.failed', { part: 'gateway' }, cause)
  announce({ type: 'failed', code, message: explain(cause), next: next ?? null })
  process.exitCode = 1
  if (process.connected) process.disconnect()
}
