import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { lookUp } from '../verify/index.ts'

const DEADLINE_MS = 5000

/**
 * Ask the gateway whether the clock is trusted. Whatever goes wrong, it is not.
 *
 * `stale` counts: a clock that was right moves by seconds a day, and what is judged by it lasts for days.
 */
export async function isClockTrusted(gatewaySocket: string): Promise<boolean> {
  try {
    const status = await new Promise<unknown>((resolve, reject) => {
      const options = {
        socketPath: gatewaySocket,
        path: '/v1/status',
        agent: false,
        signal: AbortSignal.timeout(DEADLINE_MS),
      }
      request(options, answer => json(answer).then(resolve, reject))
        .on('error', reject)
        .end()
    })
    const state = lookUp(status, '/clock/state')
    return state === 'trusted' || state === 'stale'
  } catch {
    return false
  }
}
