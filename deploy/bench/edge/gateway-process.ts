/**
 * The gateway with telemetry on or off, as a process. The product has no such switch; all else is as in its own main.
 *
 * Arguments: on or off, configuration file, state directory, runtime directory.
 */
import { layOutRuntime } from '@cordon/shared/contracts'
import { announce, answerHealth, onStop, readConfiguration } from '@cordon/shared/runtime/edge'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import { Gateway } from '../../../gateway/src/edge/gateway.ts'
import { NO_TELEMETRY } from '../no-telemetry.ts'

/** Whether the gateway says anything of itself. */
export type TelemetrySwitch = 'on' | 'off'

const [telemetrySwitch = '', configurationFile = '', stateDirectory = '', runtimeDirectory = ''] = process.argv.slice(2)

process.umask(0o077)
answerHealth()
const telemetry = telemetrySwitch === 'on' ? openTelemetry({ part: 'gateway' }) : NO_TELEMETRY
const layout = layOutRuntime(runtimeDirectory)
const configuration = await readConfiguration(configurationFile)
const gateway = await Gateway.open({ configurationFile, configuration, stateDirectory, layout, telemetry })
onStop(() => void Promise.all([gateway.close(), telemetry.close()]).then(() => process.exit(0)))
announce({ type: 'ready' })
