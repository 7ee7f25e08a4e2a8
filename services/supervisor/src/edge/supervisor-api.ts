import { createServer } from 'node:http'
import type { KeptLine, Problem, RuntimeLayout, Status } from '@cordon/shared/contracts'
import { closeHttpServer, listenPrivately, openSocketDirectory } from '@cordon/shared/runtime/edge'
import { admitSpan } from '@cordon/shared/telemetry'
import type { SpanRecorder } from '@cordon/shared/telemetry/span-recorder'
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import { describeFailure } from '../cli/index.ts'

/** What the API shows and does. */
export interface SupervisorApiDependencies {
  status(): Promise<Status>
  /** The kept lines after that number. */
  logs(after: number): readonly KeptLine[]
  readonly spans: SpanRecorder
  /** Begin an orderly stop. */
  down(): void
}

/** One span of a command is the largest thing that anybody sends. */
const BODY_LIMIT_BYTES = 2048

/** Build the supervisor's own API without listening. It works when every part is dead. */
export function buildSupervisorApi({ status, logs, spans, down }: SupervisorApiDependencies): FastifyInstance {
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
  api.get('/v1/spans', async () => ({ spans: spans.spans() }))
  api.post('/v1/spans', async (request, reply) => {
    // A command runs for a second and hands over what it did; it speaks for nobody else.
    const span = admitSpan(request.body, 'command')
    if (span === undefined) return reply.code(400).send(NO_SPAN)
    spans.keep(span)
    return reply.code(204).send()
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

const NO_SPAN: Problem = { code: 'SUP_USAGE', message: 'this is no span of a command', next: null }

/** Stop listening and cut what is still asked. */
export async function closeSupervisorApi(api: FastifyInstance): Promise<void> {
  await closeHttpServer(api.server)
  await api.close()
}

/** Let the API listen on its socket. */
export async function openSupervisorApi(api: FastifyInstance, layout: RuntimeLayout): Promise<void> {
  await api.ready()
  await openSocketDirectory(layout, layout.supervisorDirectory)
  await listenPrivately(api.server, layout.supervisorSocket, layout.access)
}
