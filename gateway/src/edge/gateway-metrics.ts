import type { Telemetry } from '@cordon/shared/telemetry'
import { type CircuitTable, groupOf } from '../audit/index.ts'
import type { AppTable } from './app-table.ts'
import type { TorLink } from './tor-link.ts'

/** Offer what the gateway counts anyway, read when somebody asks for the metrics. */
export function observeGateway(telemetry: Telemetry, table: AppTable, circuits: CircuitTable, link: TorLink): void {
  telemetry.observe('cordon.streams', () =>
    table.apps.map(({ declared, sessions }) => ({ value: sessions.size, attributes: { app: declared.id } })),
  )
  telemetry.observe('cordon.bytes', () =>
    table.apps.flatMap(({ declared, bytes }) => [
      { value: bytes.read, attributes: { app: declared.id, direction: 'read' } },
      { value: bytes.written, attributes: { app: declared.id, direction: 'written' } },
    ]),
  )
  telemetry.observe('cordon.circuits', () => {
    const groups = table.apps.flatMap(({ identity }) => circuits.circuitsOf(identity.tag).map(groupOf))
    return [{ value: new Set(groups).size }]
  })
  telemetry.observe('cordon.bootstrap', () => [{ value: link.state.progress }])
}
