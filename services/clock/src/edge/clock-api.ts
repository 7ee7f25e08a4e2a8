import { createServer } from 'node:http'
import { type ClockHistory, type ClockStatus, type RuntimeLayout, SYNC_REQUEST } from '@cordon/shared/contracts'
import { listenPrivately, openSocketDirectory } from '@cordon/shared/runtime/edge'
import type { Telemetry } from '@cordon/shared/telemetry'
import Fastify, { type FastifyInstance } from 'fastify'
import Value from 'typebox/value'

/** What the clock's API shows and does. */
export interface ClockApiDependencies {
  status(): ClockStatus
  history(): ClockHistory
  /** Run a round now; resolves when it has ended. */
  sync(allowBackward: boolean): Promise<void>
  readonly telemetry: Telemetry
}

const BODY_LIMIT_BYTES = 1024

/** Build the clock's API without listening. */
export function buildClockApi({ status, history, sync, telemetry }: ClockApiDependencies): FastifyInstance {
  const api = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: true,
    serverFactory: handler =>
      createServer({ maxHeaderSize: 8192, requestTimeout: 10_000, headersTimeout: 5000 }, handler),
  })
  api.get('/v1/clock', async () => status())
  api.get('/v1/history', async () => history())
  api.get('/v1/spans', async () => ({ spans: telemetry.spans() }))
  api.get('/v1/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await telemetry.metrics()),
  )
  api.post('/v1/sync', async ({ body }, reply) => {
    if (!Value.Check(SYNC_REQUEST, body)) {
      const problem = { code: 'SUP_USAGE', message: 'the request is not one that the clock takes', next: null }
      return await reply.code(400).send(problem)
    }
    await sync(body.allowBackward)
    return status()
  })
  return api
}

/** Let the API listen on its socket. */
export async function openClockApi(api: FastifyInstance, layout: RuntimeLayout): Promise<void> {
  await api.ready()
  await openSocketDirectory(layout, layout.clockDirectory)
  await listenPrivately(api.server, layout.clockSocket, layout.access)
}
