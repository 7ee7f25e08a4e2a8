import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { askApi } from '@cordon/shared/api/edge/ask-api'
import { type AppStatus, layOutRuntime, type PartMessage } from '@cordon/shared/contracts'
import type { TelemetrySwitch } from './gateway-process.ts'
import type { Programs } from './programs.ts'

/** A gateway without supervisor and tor, started as the supervisor starts it. */
export interface GatewayAlone {
  readonly pid: number
  /** From the start of its process to its announcement that it is ready. */
  readonly startMs: number
  readonly apps: readonly AppStatus[]
  end(): Promise<void>
}

/** What to start. */
export interface GatewayPlan {
  readonly directory: string
  /** The stand-in for tor. */
  readonly socksPath: string
  readonly apps: readonly string[]
  /** Undefined starts the product's own program, which has it on. */
  readonly telemetry?: TelemetrySwitch
}

/** Start a gateway on the stand-in for tor. A second start in the same directory keeps the ports. */
export async function startGateway(programs: Programs, plan: GatewayPlan): Promise<GatewayAlone> {
  const { directory, socksPath, apps, telemetry } = plan
  await mkdir(directory, { recursive: true })
  const configuration = join(directory, 'cordon.yaml')
  // The control socket is not there: the gateway knocks now and then, and carries streams all the same.
  const external = { control: `unix:${directory}/no-control.sock`, socks: `unix:${socksPath}` }
  // JSON is YAML.
  await writeFile(
    configuration,
    JSON.stringify({ tor: { external }, apps: Object.fromEntries(apps.map(id => [id, {}])) }),
  )
  const layout = layOutRuntime(join(directory, 'run'))
  const state = join(directory, 'state')
  const start = performance.now()
  const { child, first } =
    telemetry === undefined
      ? await programs.fork<PartMessage>('../../../gateway/src/main.ts', [
          ...['--config', configuration, '--state-dir', state, '--runtime-dir', layout.directory],
        ])
      : await programs.fork<PartMessage>('./gateway-process.ts', [telemetry, configuration, state, layout.directory])
  const startMs = performance.now() - start
  if (first.type !== 'ready') throw new Error(`the gateway did not start: ${JSON.stringify(first)}`)
  const listed = (await askApi(layout.gatewaySocket, { method: 'GET', path: '/v1/apps' })).value as {
    readonly apps: readonly AppStatus[]
  }
  return { pid: child.pid ?? 0, startMs, apps: listed.apps, end: () => programs.end(child) }
}
