/** The gateway as a process: reads its arguments, opens, says that it is ready, and ends with whoever started it. */
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
import { readConfiguration } from './edge/configuration-file.ts'
import { Gateway } from './edge/gateway.ts'

answerHealth()

let telemetry = openTelemetry({ part: 'gateway' })

try {
  const { configurationFile, stateDirectory, layout } = readPartArguments()
  const settings = (await readConfiguration(configurationFile)).telemetry
  if (settings !== undefined) telemetry = await openPartTelemetry({ part: 'gateway', settings, layout })
  const gateway = await Gateway.open({ configurationPath: configurationFile, stateDirectory, layout, telemetry })
  onStop(() => {
    telemetry.log('part.stopping', { part: 'gateway' })
    void Promise.all([gateway.close(), telemetry.close()]).then(() => process.exit(0))
  })
  onResume(({ traceparent }) => gateway.resumed(parseTraceParent(traceparent)))
  await openHealthSocket(layout, 'gateway')
  announce({ type: 'ready' })
} catch (cause) {
  const { code, next } = cause instanceof Fault ? cause : { code: 'GW_FAILED', next: undefined }
  telemetry.log('part.failed', { part: 'gateway' }, cause)
  announce({ type: 'failed', code, message: explain(cause), next: next ?? null })
  process.exitCode = 1
  if (process.connected) process.disconnect()
}
