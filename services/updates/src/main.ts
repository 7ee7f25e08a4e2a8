/** The update checks as a process: reads its arguments, opens, says that it is ready, and ends with the supervisor. */
import { parseArgs } from 'node:util'
import { CONFIGURATION_MAX_BYTES, layOutRuntime, parseConfiguration } from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import { announce, answerHealth, listenPrivately, onResume, onStop, readFileBounded } from '@cordon/shared/runtime/edge'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import { openPartTelemetry } from '@cordon/shared/through-tor/edge'
import { buildUpdatesApi } from './edge/updates-api.ts'
import { UpdatesService } from './edge/updates-service.ts'

process.umask(0o077)
answerHealth()

const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    'state-dir': { type: 'string' },
    'runtime-dir': { type: 'string' },
    authority: { type: 'string' },
  },
})

let telemetry = openTelemetry({ part: 'updates' })

try {
  const { config, 'state-dir': stateDirectory, 'runtime-dir': runtimeDirectory, authority: authorityFile } = values
  if (config === undefined || stateDirectory === undefined || runtimeDirectory === undefined) {
    throw new Error('usage: main.ts --config FILE --state-dir DIR --runtime-dir DIR [--authority FILE]')
  }
  const text = (await readFileBounded(config, CONFIGURATION_MAX_BYTES))?.toString('utf8') ?? ''
  const configuration = parseConfiguration(text, config)
  const layout = layOutRuntime(runtimeDirectory)
  const { telemetry: settings } = configuration
  if (settings !== undefined) telemetry = await openPartTelemetry({ part: 'updates', settings, layout })
  const options = { configurationPath: config, configuration, stateDirectory, layout, telemetry, authorityFile }
  const updates = await UpdatesService.open(options)
  const api = buildUpdatesApi(updates, telemetry)
  await api.ready()
  await listenPrivately(api.server, layout.updatesSocket)
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
