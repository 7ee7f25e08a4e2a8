import { openTelemetry } from '@cordon/shared/telemetry/edge'
import t from 'tap'
import { AppTable } from '../../src/edge/app-table.ts'
import { EventHub } from '../../src/edge/event-hub.ts'
import { GatewayAudit } from '../../src/edge/gateway-audit.ts'
import type { SessionSettings } from '../../src/edge/session.ts'

t.test('a breach is announced once, and an acknowledgement only where there was one to acknowledge', async t => {
  const telemetry = openTelemetry({ part: 'gateway', write: () => {}, strict: true })
  const table = new AppTable({
    socketPath: app => app,
    settings: () => ({ handshakesPerApp: 0 }) as SessionSettings, // nobody connects
    access: 'user',
    users: () => true,
    onApplied: async () => {},
    onRetried: async () => {},
    telemetry,
  })
  t.teardown(() => table.close())
  const announced: string[] = []
  const nowhere = '/nonexistent/socket' // no tor is looked for before the link is started
  const audit = new GatewayAudit({
    tor: {
      controlSocket: nowhere,
      socksSockets: { long: nowhere, short: nowhere },
      ipv6Socket: undefined,
      password: undefined,
      others: 'foreign',
    },
    table,
    telemetry,
    events: new EventHub(),
    whileUnknown: () => 'serve',
    onConnected: () => {},
    onBreach: () => announced.push('breached'),
    onAcknowledged: () => announced.push('ready'),
  })
  t.teardown(() => audit.stop())

  audit.acknowledge()
  t.same(announced, [], 'a gateway that is still starting is not called ready')
  const drift = { what: 'a SocksPort that keeps nobody apart', breaksIsolation: true } as const
  audit.auditor.learnDrift([drift])
  audit.acknowledge()
  t.same(announced, ['breached'], 'it is still so, and not told again')
  audit.auditor.learnDrift([])
  audit.acknowledge()
  t.same(announced, ['breached', 'ready'])
  audit.acknowledge()
  t.same(announced, ['breached', 'ready'], 'nothing is left to acknowledge')
  audit.auditor.learnDrift([drift])
  t.same(announced, ['breached', 'ready', 'breached'], 'again is news')
})
