import { createServer } from 'node:http'
import type { KeptLine, Problem, Status } from '@cordon/shared/contracts'
import { listenPrivately } from '@cordon/shared/runtime/edge'
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import { describeFailure } from '../cli/index.ts'

/** What the API shows and does. */
export interface SupervisorApiDependencies {
  status(): Promise<Status>
  /** The kept lines after that number. */
  logs(after: number): readonly KeptLine[]
  /** Begin an orderly stop. */
  down(): void
}

/** Nothing here takes a body. */
const BODY_LIMIT_BYTES = 1024

/** Build the supervisor's own API without listening. It works when every part is dead. */
export function buildSupervisorApi({ status, logs, down }: SupervisorApiDependencies): FastifyInstance {
  const api = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: true,
    serverFactory: handler =>
      createServer({ maxHeaderSize: 8192, requestTimeout: 10_000, headersTimeout: 5000 }, handler),
  })
  // The answers are checked by their receivers; a schema here would drop the fields that a newer part adds.
  api.get('/v1/status', status)
  api.get<{ Querystring: { after?: string } }>('/v1/logs', async ({ query }) => {
    const after = Number(query.after ?? 0)
    return { lines: logs(Number.isSafeInteger(after) ? after : 0) }
  })
  api.post('/v1/down', async (_request, reply) => {
    reply.raw.once('close', down)
    return reply.code(202).send()
  })
  api.setErrorHandler((error: FastifyError, _request, reply) => {
    return reply.code(error.statusCode ?? 500).send(describeFailure(error))
  })
  api.setNotFoundHandler((_request, reply) => reply.code(404).send(NOTHING_HERE))
  return api
}

const NOTHING_HERE: Problem = { code: 'SUP_USAGE', message: 'there is nothing at this address', next: null }

/** Let the API listen on its private socket. */
export async function openSupervisorApi(api: FastifyInstance, socketPath: string): Promise<void> {
  await api.ready()
  await listenPrivately(api.server, socketPath)
}
