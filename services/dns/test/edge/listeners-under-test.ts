import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type DnsApp, layOutRuntime } from '@cordon/shared/contracts'
import type { AppId } from '@cordon/shared/isolation'
import { openPrivateDirectory, type PortUsers } from '@cordon/shared/runtime/edge'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import { findFreePort } from '../../../../shared/test/free-port.ts'
import { type AppListeners, openAppListeners } from '../../src/edge/app-listeners.ts'
import type { LookUpOutcome } from '../../src/edge/app-lookup.ts'
import { AppResolver } from '../../src/edge/app-resolver.ts'

/** The real listeners of one app, with a tor in memory behind them. */
export interface ListenersUnderTest {
  readonly port: number
  readonly socketPath: string
  readonly resolver: AppResolver
  readonly listeners: AppListeners
  /** Names that were looked up, in order. */
  readonly asked: string[]
  /** What tor says to the next look-ups; an address at first. */
  answer: () => Promise<LookUpOutcome>
  app: DnsApp
}

/** Nobody is idle for so long, whatever holds a test up. */
const NEVER_MS = 86_400_000

/** Open them; they close with the test. */
export async function openListenersUnderTest(
  t: { teardown(end: () => Promise<void>): void },
  { users = uid => uid === process.getuid?.(), idleMs = NEVER_MS }: { users?: PortUsers; idleMs?: number } = {},
): Promise<ListenersUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-dns-'))
  const telemetry = openTelemetry({ part: 'dns', strict: true })
  const asked: string[] = []
  const app: DnsApp = {
    id: 'mail',
    dnsPort: await findFreePort(),
    nymEpoch: 0,
    ipv6: true,
    virtual: false,
    resolver: null,
  }
  const found: LookUpOutcome = { type: 'found', target: { type: 'ipv4', address: '198.51.100.4' } }
  const under = { asked, app, answer: async () => found } as unknown as {
    -readonly [K in keyof ListenersUnderTest]: ListenersUnderTest[K]
  }
  under.resolver = new AppResolver(app, 1024 * 1024, {
    telemetry,
    lookUp: async ({ target }) => {
      asked.push(target.type === 'name' ? target.name : target.address)
      return await under.answer()
    },
    link: { ask: async question => (question.type === 'give-virtual' ? '10.192.0.7' : null) },
    appSocket: () => join(directory, 'mail.sock'),
    machine: () => ({ machineNames: new Set(), searchSuffixes: new Set() }),
    openUpstream: () => undefined,
  })
  under.port = app.dnsPort
  const layout = layOutRuntime(directory)
  under.socketPath = layout.appDnsSocket(app.id as AppId)
  await openPrivateDirectory(dirname(under.socketPath))
  under.listeners = await openAppListeners(under.resolver, { layout, users, idleMs })
  t.teardown(async () => {
    await under.listeners.close()
    await telemetry.close()
    await rm(directory, { recursive: true, force: true })
  })
  return under
}
