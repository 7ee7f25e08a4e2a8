import { type Configuration, OWN_APPS, type RuntimeLayout } from '../../contracts/index.ts'
import { explain, Fault } from '../../errors/index.ts'
import { readFileBounded } from '../../runtime/edge/index.ts'
import { parseTarget } from '../../socks/index.ts'
import { type DialThroughTor, openTelemetry, type TelemetryOptions } from '../../telemetry/edge/index.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import { dialAppPort, freshCredentials } from './dial-app-port.ts'
import { wrapInTls } from './wrap-in-tls.ts'

/** For the stream and for TLS, each: below what the sender waits for both. */
const DIAL_MS = 20_000

/** A few authorities. Arbitrary. */
const AUTHORITY_MAX_BYTES = 262_144

export interface PartTelemetryOptions {
  readonly part: TelemetryOptions['part']
  readonly settings: Configuration['telemetry']
  readonly layout: Pick<RuntimeLayout, 'appSocket'>
}

/**
 * Open the telemetry of a part as the configuration has it. A collector beyond this machine is reached through the app
 * port of Cordon's own telemetry, under credentials of this process alone: no other stream shares the circuit.
 *
 * Throws a Fault `CFG_UNREADABLE` for an authority that cannot be read, and `TEL_…` for a collector that may not be used.
 */
export async function openPartTelemetry({ part, settings = {}, layout }: PartTelemetryOptions): Promise<Telemetry> {
  const { collector, collectorAuthorityFile, debug = false } = settings
  const authorities = collectorAuthorityFile === undefined ? [] : [await readAuthority(collectorAuthorityFile)]
  const dialThroughTor = dialCollector(layout.appSocket(OWN_APPS.telemetry), authorities)
  return openTelemetry({ part, collector, debug, dialThroughTor })
}

function dialCollector(appSocket: string, authorities: readonly string[]): DialThroughTor {
  const credentials = freshCredentials()
  return async ({ host, port, tls }) => {
    const target = parseTarget(host)
    const plain = await dialAppPort({ appSocket, credentials, target, port, deadlineMs: DIAL_MS })
    if (tls) return await wrapInTls(plain, { target, deadlineMs: DIAL_MS, authorities })
    return plain.resume() // the dialer paused it, and nothing comes before the first request
  }
}

async function readAuthority(path: string): Promise<string> {
  const refuse = (why: string, cause?: unknown): Fault =>
    new Fault('CFG_UNREADABLE', `telemetry.collectorAuthorityFile cannot be used: ${why}`, {
      where: 'host',
      retry: 'never',
      next: 'Check its path, owner and mode.',
      cause,
    })
  const bytes = await readFileBounded(path, AUTHORITY_MAX_BYTES).catch((cause: unknown) => {
    throw refuse(explain(cause), cause)
  })
  if (bytes === undefined) throw refuse('it is not there')
  return bytes.toString('latin1')
}
