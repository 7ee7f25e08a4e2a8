import { createServer } from 'node:http'
import type { DnsStatus, Problem, RuntimeLayout } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { listenPrivately } from '@cordon/shared/runtime/edge'
import type { Telemetry } from '@cordon/shared/telemetry'
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify'

/** What the API shows. */
export interface DnsApiDependencies {
  describe(app: string, withNames: boolean): DnsStatus | undefined
  readonly telemetry: Telemetry
}

/** Nothing here takes a body. */
const BODY_LIMIT_BYTES = 1024

/** Build the API of dns without listening. */
export function buildDnsApi({ describe, telemetry }: DnsApiDependencies): FastifyInstance {
  const api = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: true,
    serverFactory: handler =>
      createServer({ maxHeaderSize: 8192, requestTimeout: 10_000, headersTimeout: 5000 }, handler),
  })
  api.get<{ Params: { id: string }; Querystring: { names?: string } }>('/v1/apps/:id', async ({ params, query }) => {
    const found = describe(params.id, query.names === '1')
    if (found !== undefined) return found
    throw new Fault('GW_APP_UNKNOWN', 'there is no app of that name whose names are answered', {
      where: 'local',
      retry: 'never',
      next: 'See `cordon apps` for the names.',
    })
  })
  api.get('/v1/spans', async () => ({ spans: telemetry.spans() }))
  api.get('/v1/logs', async () => ({ lines: telemetry.lines() }))
  api.get('/v1/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await telemetry.metrics()),
  )
  api.setErrorHandler((error: FastifyError, _request, reply) =>
    reply.code(error instanceof Fault ? 404 : (error.statusCode ?? 500)).send(describeProblem(error)),
  )
  api.setNotFoundHandler((_request, reply) => reply.code(404).send(NOTHING_HERE))
  return api
}

const NOTHING_HERE: Problem = { code: 'GW_REQUEST_INVALID', message: 'there is nothing at this address', next: null }

function describeProblem(error: FastifyError | Fault): Problem {
  if (error instanceof Fault) return { code: error.code, message: error.message, next: error.next ?? null }
  const known = error.statusCode !== undefined && error.statusCode < 500
  // What an unexpected error says may hold anything: it stays here.
  return { code: 'GW_REQUEST_INVALID', message: known ? error.message : 'an internal error', next: null }
}

/** Let the API listen on its socket. */
export async function openDnsApi(api: FastifyInstance, { dnsSocket, access }: RuntimeLayout): Promise<void> {
  await api.ready()
  await listenPrivately(api.server, dnsSocket, access)
}

/** Stop listening and cut what is still asked. */
export async function closeDnsApi(api: FastifyInstance): Promise<void> {
  // Fastify closes only what it opened, and it cannot open a socket that is private from the first instant.
  const closed = new Promise(resolve => api.server.close(resolve))
  api.server.closeAllConnections()
  await closed
  await api.close()
}
