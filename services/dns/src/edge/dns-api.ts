import { makeApi } from '@cordon/shared/api/edge/api-server'
import { serveTelemetry } from '@cordon/shared/api/edge/serve-telemetry'
import type { DnsStatus } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import type { Telemetry } from '@cordon/shared/telemetry'
import type { FastifyInstance } from 'fastify'

/** What the API shows. */
export interface DnsApiDependencies {
  describe(app: string, withNames: boolean): DnsStatus | undefined
  readonly telemetry: Telemetry
}

/** Build the API of dns without listening. */
export function buildDnsApi({ describe, telemetry }: DnsApiDependencies): FastifyInstance {
  const api = makeApi({ statusCodes: { GW_APP_UNKNOWN: 404 } })
  serveTelemetry(api, telemetry)
  api.get<{ Params: { id: string }; Querystring: { names?: string } }>('/v1/apps/:id', async ({ params, query }) => {
    const found = describe(params.id, query.names === '1')
    if (found !== undefined) return found
    throw new Fault('GW_APP_UNKNOWN', 'there is no app of that name whose names are answered', {
      where: 'local',
      retry: 'never',
      next: 'See `cordon apps` for the names.',
    })
  })
  return api
}
