import { invalidRequest } from '@cordon/shared/api'
import { type ContractTypes, makeApi } from '@cordon/shared/api/edge/api-server'
import { serveTelemetry } from '@cordon/shared/api/edge/serve-telemetry'
import {
  ACTIVITY_VIEW,
  findInProduct,
  HISTORY_VIEW,
  PROBLEM,
  PRODUCT_ADDITION,
  PRODUCT_ID_PATTERN,
  PRODUCT_VIEW,
  UPDATES_SUMMARY,
  UPDATES_VIEW,
} from '@cordon/shared/contracts'
import type { FaultCode } from '@cordon/shared/errors'
import { type TSchema, Type } from '@cordon/shared/schema'
import type { Telemetry } from '@cordon/shared/telemetry'
import type { FastifyInstance } from 'fastify'
import type { UpdatesService } from './updates-service.ts'

/** What the API shows and does. */
export type UpdatesApi = Pick<
  UpdatesService,
  'view' | 'activity' | 'summary' | 'history' | 'check' | 'add' | 'remove' | 'forget' | 'fetch'
>

const STATUS_CODES: Partial<Record<FaultCode, number>> = {
  UPD_PRODUCT_UNKNOWN: 404,
  UPD_PRODUCT_EXISTS: 409,
  UPD_PRODUCT_CONFIGURED: 409,
  UPD_NOTHING_TO_FETCH: 409,
  UPD_CLOCK_UNTRUSTED: 503,
}

const ID = Type.String({ pattern: PRODUCT_ID_PATTERN })
const WANTED = Type.Object({ product: Type.Optional(ID) }, { additionalProperties: false })
const NAMED = Type.Object({ id: ID })

/** Build the API of the update checks without listening. It serves this user alone, on an AF_UNIX socket. */
export function buildUpdatesApi(updates: UpdatesApi, telemetry: Telemetry): FastifyInstance {
  const api = makeApi({ statusCodes: STATUS_CODES }).withTypeProvider<ContractTypes>()
  serveTelemetry(api, telemetry)
  const answers = <T extends TSchema>(schema: T) => ({ response: { '2xx': schema, default: PROBLEM } })
  api.get('/v1/updates', { schema: answers(UPDATES_VIEW) }, () => updates.view())
  api.get('/v1/updates/activity', { schema: answers(ACTIVITY_VIEW) }, async () => updates.activity())
  api.get('/v1/updates/summary', { schema: answers(UPDATES_SUMMARY) }, () => updates.summary())
  api.get('/v1/updates/history', { schema: { querystring: WANTED, ...answers(HISTORY_VIEW) } }, async request =>
    updates.history(request.query.product),
  )
  api.post('/v1/updates/check', { schema: { body: WANTED } }, async (request, reply) =>
    reply.code(202).send({ products: await updates.check(request.body.product) }),
  )
  api.post(
    '/v1/updates/products',
    { schema: { body: PRODUCT_ADDITION, ...answers(PRODUCT_VIEW) } },
    async (request, reply) => {
      const { id, settings } = request.body
      const [broken] = findInProduct([id], settings)
      if (broken !== undefined) throw invalidRequest(`${broken.path.join('.')}: allowed: ${broken.allowed}`)
      return reply.code(201).send(await updates.add(id, settings))
    },
  )
  api.delete('/v1/updates/products/:id', { schema: { params: NAMED } }, async (request, reply) => {
    await updates.remove(request.params.id)
    return reply.code(204).send()
  })
  api.delete('/v1/updates/products/:id/memory', { schema: { params: NAMED } }, async (request, reply) => {
    await updates.forget(request.params.id)
    return reply.code(204).send()
  })
  api.post('/v1/updates/products/:id/fetch', { schema: { params: NAMED } }, async (request, reply) => {
    await updates.fetch(request.params.id)
    return reply.code(202).send({ id: request.params.id })
  })
  return api
}
