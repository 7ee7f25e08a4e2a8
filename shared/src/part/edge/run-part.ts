import type { Configuration, PartName } from '../../contracts/index.ts'
import {
  announce,
  answerHealth,
  onResume,
  onStop,
  openHealthSocket,
  type PartArguments,
  readConfiguration,
  readFileBounded,
  readPartArguments,
} from '../../runtime/edge/index.ts'
import { openTelemetry } from '../../telemetry/edge/index.ts'
import { parseTraceParent, type SpanContext, type Telemetry } from '../../telemetry/index.ts'
import { openPartTelemetry } from '../../through-tor/edge/index.ts'
import { announceFailedStart } from '../index.ts'

/** A handful of certificates. Arbitrary. */
const AUTHORITY_MAX_BYTES = 65_536

/** What a part opens with. */
export interface PartStart
  extends Pick<PartArguments, 'configurationFile' | 'stateDirectory' | 'layout' | 'labSocket'> {
  /** What the file said at the start. */
  readonly configuration: Configuration
  /** Certificates (PEM) believed besides the well-known authorities: the lab's. */
  readonly authorities: readonly string[]
  readonly telemetry: Telemetry
}

/** A part that is open. */
export interface RunningPart {
  /** The machine slept; what follows belongs to the trace of `parent`. */
  resumed?(parent: SpanContext | undefined): void
  /** Read the configuration again. Who cannot leaves this out, and is told in vain. */
  reload?(): void
  close(): Promise<void>
}

/** A part as a program. */
export interface PartProgram {
  readonly part: PartName
  /** What a bug at the start is called. */
  readonly failureCode: string
  open(start: PartStart): Promise<RunningPart>
}

/**
 * Be a part: read the arguments and the configuration, open, say so, and end with whoever started this process.
 *
 * SIGHUP never ends a part: it reads its configuration again, if it can.
 */
export async function runPart({ part, failureCode, open }: PartProgram): Promise<void> {
  let telemetry = openTelemetry({ part })
  let running: RunningPart | undefined
  let isReloadDue = false
  const end = async (): Promise<void> => {
    await Promise.all([running?.close(), telemetry.close()])
    process.exit()
  }
  answerHealth()
  onResume(({ traceparent }) => running?.resumed?.(parseTraceParent(traceparent)))
  process.on('SIGHUP', () => {
    if (running === undefined) isReloadDue = true
    else running.reload?.()
  })
  onStop(() => {
    if (process.exitCode === undefined) telemetry.log('part.stopping', { part })
    void end()
  })
  try {
    const { authorityFile, ...places } = readPartArguments()
    const { configurationFile, layout } = places
    const configuration = await readConfiguration(configurationFile)
    const { telemetry: settings } = configuration
    if (settings !== undefined) telemetry = await openPartTelemetry({ part, settings, layout })
    const authorities = await readAuthorities(authorityFile)
    running = await open({ ...places, configuration, authorities, telemetry })
    if (isReloadDue) running.reload?.()
    await openHealthSocket(layout, part)
    announce({ type: 'ready' })
  } catch (cause) {
    telemetry.log('part.failed', { part }, cause)
    const failure = announceFailedStart(cause, failureCode)
    if (failure !== undefined) announce(failure)
    process.exitCode = 1
    // The channel closes when what was announced is sent; that it has closed ends us as the supervisor's end does.
    if (process.connected) process.disconnect()
    else await end()
  }
}

async function readAuthorities(path: string | undefined): Promise<readonly string[]> {
  const pem = path === undefined ? undefined : await readFileBounded(path, AUTHORITY_MAX_BYTES)
  return pem === undefined ? [] : [pem.toString('latin1')]
}
