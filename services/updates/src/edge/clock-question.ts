import { askApi } from '@cordon/shared/api/edge/ask-api'
import { lookUp } from '../verify/index.ts'

/** A gateway that runs answers in milliseconds, unless the machine is held up: then nothing may be said of the clock. Arbitrary. */
const DEADLINE_MS = 20_000

/**
 * Ask the gateway whether the clock is trusted. Whatever goes wrong, it is not.
 *
 * `stale` counts: a clock that was right moves by seconds a day, and what is judged by it lasts for days.
 */
export async function isClockTrusted(gatewaySocket: string): Promise<boolean> {
  try {
    const { value } = await askApi(gatewaySocket, { method: 'GET', path: '/v1/status' }, DEADLINE_MS)
    const state = lookUp(value, '/clock/state')
    return state === 'trusted' || state === 'stale'
  } catch {
    return false
  }
}
