import { invalidRequest } from '@cordon/shared/api'
import { makeApi, openApi } from '@cordon/shared/api/edge/api-server'
import type { KeptLine, RuntimeLayout, Status } from '@cordon/shared/contracts'
import { openSocketDirectory } from '@cordon/shared/runtime/edge'
import { admitSpan } from '@cordon/shared/telemetry'
import type { SpanRecorder } from '@cordon/shared/telemetry/span-recorder'
import type { FastifyInstance } from 'fastify'

/** What the API shows and does. */
export interface SupervisorApiDependencies {
  status(): Promise<Status>
  /** The kept lines after that number. */
  logs(after: number): readonly KeptLine[]
  readonly spans: SpanRecorder
  /** Begin an orderly stop. */
  down(): void
}

/** Build the supervisor's own API without listening. It works when every part is dead. */
export function buildSupervisorApi({ status, logs, spans, down }: SupervisorApiDependencies): FastifyInstance {
  const api = makeApi()
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
    if (span === undefined) throw invalidRequest('this is no span of a command')
    spans.keep(span)
    return reply.code(204).send()
  })
  api.post('/v1/down', async (_request, reply) => {
    reply.raw.once('close', down)
    return reply.code(202).send()
  })
  return api
}

/** Let the API listen on its socket. */
export async function openSupervisorApi(api: FastifyInstance, layout: RuntimeLayout): Promise<void> {
  await openSocketDirectory(layout, layout.supervisorDirectory)
  await openApi(api, layout.supervisorSocket, layout)
}
