import { invalidRequest } from '@cordon/shared/api'
import { makeApi } from '@cordon/shared/api/edge/api-server'
import { serveTelemetry } from '@cordon/shared/api/edge/serve-telemetry'
import { type ClockHistory, type ClockStatus, SYNC_REQUEST } from '@cordon/shared/contracts'
import { fits } from '@cordon/shared/schema'
import type { Telemetry } from '@cordon/shared/telemetry'
import type { FastifyInstance } from 'fastify'

/** What the clock's API shows and does. */
export interface ClockApiDependencies {
  status(): ClockStatus
  history(): ClockHistory
  /** Run a round now; resolves when it has ended. */
  sync(allowBackward: boolean): Promise<void>
  readonly telemetry: Telemetry
}

/** Build the clock's API without listening. */
export function buildClockApi({ status, history, sync, telemetry }: ClockApiDependencies): FastifyInstance {
  const api = makeApi()
  serveTelemetry(api, telemetry)
  api.get('/v1/clock', async () => status())
  api.get('/v1/history', async () => history())
  api.post('/v1/sync', async ({ body }) => {
    if (!fits(SYNC_REQUEST, body)) throw invalidRequest('the request is not one that the clock takes')
    await sync(body.allowBackward)
    return status()
  })
  return api
}
