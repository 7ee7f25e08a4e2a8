/** dns as a process: reads its arguments, opens, says that it is ready, and ends with the supervisor. */
import { parseArgs } from 'node:util'
import { CONFIGURATION_MAX_BYTES, layOutRuntime, parseConfiguration } from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import { announce, answerHealth, onStop, readFileBounded } from '@cordon/shared/runtime/edge'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import { openPartTelemetry } from '@cordon/shared/through-tor/edge'
import { DnsService } from './edge/dns-service.ts'

process.umask(0o077)
answerHealth()

const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    'state-dir': { type: 'string' },
    'runtime-dir': { type: 'string' },
    /** A certificate (PEM) that vouches for resolvers besides the well-known ones: the lab's. */
    authority: { type: 'string' },
  },
})

const AUTHORITY_MAX_BYTES = 65_536

let telemetry = openTelemetry({ part: 'dns' })

try {
  const { config, authority, 'state-dir': stateDirectory, 'runtime-dir': runtimeDirectory } = values
  if (config === undefined || stateDirectory === undefined || runtimeDirectory === undefined) {
    throw new Error('usage: main.ts --config FILE --state-dir DIR --runtime-dir DIR [--authority FILE]')
  }
  const bytes = await readFileBounded(config, CONFIGURATION_MAX_BYTES)
  const configuration = bytes === undefined ? {} : parseConfiguration(bytes.toString('utf8'), config)
  const { telemetry: settings } = configuration
  if (settings !== undefined) {
    telemetry = await openPartTelemetry({ part: 'dns', settings, layout: layOutRuntime(runtimeDirectory) })
  }
  const pem = authority === undefined ? undefined : await readFileBounded(authority, AUTHORITY_MAX_BYTES)
  const authorities = pem === undefined ? [] : [pem.toString('latin1')]
  const service = await DnsService.open({ runtimeDirectory, stateDirectory, configuration, authorities, telemetry })
  onStop(() => {
    telemetry.log('part.stopping', { part: 'dns' })
    void Promise.all([service.close(), telemetry.close()]).then(() => process.exit(0))
  })
  // What of the configuration concerns names comes from the gateway, which follows the file.
  process.on('SIGHUP', () => {})
  announce({ type: 'ready' })
} catch (cause) {
  const { code, next } = cause instanceof Fault ? cause : { code: 'DNS_FAILED', next: undefined }
  telemetry.log('part.failed', { part: 'dns' }, cause)
  // What may heal by itself is tried again; the supervisor does that with a part that ends.
  if (!(cause instanceof Fault) || cause.retry === 'never') {
    announce({ type: 'failed', code, message: explain(cause), next: next ?? null })
  }
  process.exitCode = 1
  if (process.connected) process.disconnect()
}
