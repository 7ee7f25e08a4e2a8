import type { ClockTrust, GatewayClock } from '@cordon/shared/contracts'
import { getInfo, OK, parseConsensusTime, parseGetInfo } from '@cordon/shared/tor-control'
import type { TorLink } from './tor-link.ts'

const KEYS = ['consensus/valid-after', 'consensus/valid-until'] as const

/** Say what the clock needs to know of tor. A tor that has no consensus, or cannot be asked, tells of none. */
export async function viewClock(link: TorLink, state: ClockTrust): Promise<GatewayClock> {
  const { skewReports } = link
  const { circuitEstablished } = link.state
  return { state, circuitEstablished, skewReports, consensus: await readConsensus(link).catch(() => null) }
}

async function readConsensus(link: TorLink): Promise<GatewayClock['consensus']> {
  const reply = await link.tell(getInfo(KEYS))
  const info = reply.status === OK ? parseGetInfo(reply) : undefined
  if (!(info instanceof Map)) return null
  const [validAfter, validUntil] = KEYS.map(key => parseConsensusTime(info.get(key) ?? ''))
  if (validAfter === undefined || validUntil === undefined) return null
  return { validAfter: new Date(validAfter).toISOString(), validUntil: new Date(validUntil).toISOString() }
}
