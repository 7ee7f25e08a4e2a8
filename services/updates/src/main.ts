/** The update checks as a process: reads its arguments, opens, says that it is ready, and ends with whoever started it. */
import { CONFIGURATION_MAX_BYTES, parseConfiguration } from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import {
  announce,
  answerHealth,
  listenPrivately,
  onResume,
  onStop,
  openHealthSocket,
  openSocketDirectory,
  readFileBounded,
  readPartArguments,
} from '@cordon/shared/runtime/edge'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import { openPartTelemetry } from '@cordon/shared/through-tor/edge'
import { buildUpdatesApi } from './edge/updates-api.ts'
import { UpdatesService } from './edge/updates-service.ts'

answerHealth()

let telemetry = openTelemetry({ part: 'updates' })

try {
  const { configurationFile, stateDirectory, layout, authorityFile } = readPartArguments()
  const text = (await readFileBounded(configurationFile, CONFIGURATION_MAX_BYTES))?.toString('utf8') ?? ''
  const configuration = parseConfiguration(text, configurationFile)
  const { telemetry: settings } = configuration
  if (settings !== undefined) telemetry = await openPartTelemetry({ part: 'updates', settings, layout })
  const options = {
    configurationPath: configurationFile,
    configuration,
    stateDirectory,
    layout,
    telemetry,
    authorityFile,
  }
  const updates = await UpdatesService.open(options)
  const api = buildUpdatesApi(updates, telemetry)
  await api.ready()
  await openSocketDirectory(layout, layout.updatesDirectory)
  await listenPrivately(api.server, layout.updatesSocket, layout.access)
  await openHealthSocket(layout, 'updates')
  onResume(() => updates.resumed())
  onStop(() => {
    telemetry.log('part.stopping', { part: 'updates' })
    api.server.close()
    api.server.closeAllConnections()
    void Promise.all([updates.close(), api.close(), telemetry.close()]).then(() => process.exit(0))
  })
  announce({ type: 'ready' })
} catch (cause) {
  const { code, next } = cause instanceof Fault ? cause : { code: 'UPD_FAILED', next: undefined }
  telemetry.log('part.failed', { part: 'updates' }, cause)
  announce({ type: 'failed', code, message: explain(cause), next: next ?? null })
  process.exitCode = 1
  if (process.connected) process.disconnect()
}
