/** dns as a process: reads its arguments, opens, says that it is ready, and ends with whoever started it. */
import { CONFIGURATION_MAX_BYTES, parseConfiguration } from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import {
  announce,
  answerHealth,
  onStop,
  openHealthSocket,
  readFileBounded,
  readPartArguments,
} from '@cordon/shared/runtime/edge'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import { openPartTelemetry } from '@cordon/shared/through-tor/edge'
import { DnsService } from './edge/dns-service.ts'

answerHealth()

const AUTHORITY_MAX_BYTES = 65_536

let telemetry = openTelemetry({ part: 'dns' })

try {
  const { configurationFile, stateDirectory, layout, authorityFile } = readPartArguments()
  const bytes = await readFileBounded(configurationFile, CONFIGURATION_MAX_BYTES)
  const configuration = bytes === undefined ? {} : parseConfiguration(bytes.toString('utf8'), configurationFile)
  const { telemetry: settings } = configuration
  if (settings !== undefined) {
    telemetry = await openPartTelemetry({ part: 'dns', settings, layout })
  }
  const pem = authorityFile === undefined ? undefined : await readFileBounded(authorityFile, AUTHORITY_MAX_BYTES)
  const authorities = pem === undefined ? [] : [pem.toString('latin1')]
  const service = await DnsService.open({ layout, stateDirectory, configuration, authorities, telemetry })
  onStop(() => {
    telemetry.log('part.stopping', { part: 'dns' })
    void Promise.all([service.close(), telemetry.close()]).then(() => process.exit(0))
  })
  // What of the configuration concerns names comes from the gateway, which follows the file.
  process.on('SIGHUP', () => {})
  await openHealthSocket(layout, 'dns')
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
