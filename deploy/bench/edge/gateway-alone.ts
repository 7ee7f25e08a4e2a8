import { mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type AppStatus, layOutRuntime, type PartMessage } from '@cordon/shared/contracts'
import type { Programs } from './programs.ts'

/** A gateway without supervisor and tor, started as the supervisor starts it. */
export interface GatewayAlone {
  readonly pid: number
  /** From the start of its process to its announcement that it is ready. */
  readonly startMs: number
  readonly apps: readonly AppStatus[]
  end(): Promise<void>
}

/** Start a gateway on the stand-in for tor. A second start in the same directory keeps the ports. */
export async function startGateway(
  programs: Programs,
  options: { readonly directory: string; readonly socksPath: string; readonly apps: readonly string[] },
): Promise<GatewayAlone> {
  const { directory, socksPath, apps } = options
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
  const args = ['--config', configuration, '--state-dir', join(directory, 'state'), '--runtime-dir', layout.directory]
  const start = performance.now()
  const { child, first } = await programs.fork<PartMessage>('../../../gateway/src/main.ts', args)
  const startMs = performance.now() - start
  if (first.type !== 'ready') throw new Error(`the gateway did not start: ${JSON.stringify(first)}`)
  const listed = JSON.parse(await get(layout.gatewaySocket, '/v1/apps')) as { readonly apps: readonly AppStatus[] }
  return { pid: child.pid ?? 0, startMs, apps: listed.apps, end: () => programs.end(child) }
}

async function get(socketPath: string, path: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    request({ socketPath, path }, answer => resolve(text(answer)))
      .once('error', reject)
      .end()
  })
}
