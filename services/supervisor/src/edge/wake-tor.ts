import type { ControlConnection } from '@cordon/shared/runtime/edge'
import { closeCircuit, getInfo, parseCircuitStatus, parseGetInfo, signal } from '@cordon/shared/tor-control'

/**
 * Let tor build anew after a sleep: wake it, and close every circuit with the streams on it. Return how many.
 *
 * What an app has open fails at once and is dialled again, instead of waiting for relays that forgot it.
 */
export async function wakeTor(connection: ControlConnection): Promise<number> {
  // It may have gone dormant, and builds nothing then (DormantClientTimeout).
  await connection.send(signal('ACTIVE'))
  const answer = parseGetInfo(await connection.send(getInfo(['circuit-status'])))
  const circuits = 'why' in answer ? [] : parseCircuitStatus(answer.get('circuit-status') ?? '')
  if ('why' in circuits) return 0
  await Promise.all(circuits.map(({ id }) => connection.send(closeCircuit(id))))
  return circuits.length
}
