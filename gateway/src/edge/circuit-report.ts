import type { Circuits, CircuitView } from '@cordon/shared/contracts'
import { type CircuitTable, groupOf, type SeenCircuit } from '../audit/index.ts'
import type { LiveApp } from './live-app.ts'
import type { RelayCountries } from './relay-countries.ts'

/** Report app → stream → circuit for some apps, as tor's events tell it. */
export async function reportCircuits(
  apps: readonly LiveApp[],
  table: CircuitTable,
  countries: RelayCountries,
): Promise<Circuits> {
  const reports: Circuits['apps'] = []
  for (const { identity, declared } of apps) {
    const circuits: CircuitView[] = []
    for (const circuit of table.circuitsOf(identity.tag)) circuits.push(await viewCircuit(circuit, table, countries))
    const streams = table
      .streamsOf(identity.tag)
      .map(({ id, circuit, status }) => ({ id, circuit: circuit ?? null, state: status.toLowerCase() }))
    reports.push({
      id: identity.app,
      own: declared.declaredIn === 'cordon',
      nymEpoch: identity.nymEpoch,
      circuits,
      streams,
    })
  }
  return { apps: reports }
}

async function viewCircuit(circuit: SeenCircuit, table: CircuitTable, countries: RelayCountries): Promise<CircuitView> {
  const hops: CircuitView['hops'] = []
  for (const { fingerprint, nickname } of circuit.path.reveal()) {
    hops.push({ fingerprint, nickname: nickname ?? '', country: await countries.find(fingerprint) })
  }
  const { id, status, bytes, timeCreated } = circuit
  return {
    id,
    group: groupOf(circuit),
    state: status.toLowerCase(),
    hops,
    streams: table.countStreamsOn(id),
    ageSeconds: ageOf(timeCreated),
    bytesRead: bytes.read,
    bytesWritten: bytes.written,
  }
}

/** Tor writes UTC without saying so. The wall clock may have been set meanwhile: never less than nothing. */
function ageOf(timeCreated: string | undefined): number | null {
  const created = timeCreated === undefined ? Number.NaN : Date.parse(`${timeCreated}Z`)
  return Number.isNaN(created) ? null : Math.max(0, Math.round((Date.now() - created) / 1000))
}
