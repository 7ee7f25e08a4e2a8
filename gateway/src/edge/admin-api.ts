import type { ContractTypes } from '@cordon/shared/api/edge/api-server'
import {
  APP_SETTINGS,
  APP_STATUS,
  AUDIT,
  type Audit,
  CIRCUITS,
  CLOCK_REPORT,
  type ClockReport,
  GATEWAY_CLOCK,
  GATEWAY_EVENT,
  GATEWAY_STATUS,
  type GatewayClock,
  HEALTH,
  PROBLEM,
  type Problem,
  RENEWED,
  type Renewed,
  STREAMS,
} from '@cordon/shared/contracts'
import { APP_ID_PATTERN } from '@cordon/shared/isolation'
import { type TSchema, Type } from '@cordon/shared/schema'
import { LOG_RECORD, parseTraceParent, SPAN_RECORD, type SpanContext, type Telemetry } from '@cordon/shared/telemetry'
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { type AdminListener, listenForAdmin, makeAdminServer } from './admin-server.ts'
import type { AppRegistrar } from './app-registrar.ts'
import type { EventHub } from './event-hub.ts'
import type { GatewayView } from './gateway-view.ts'

/** What the admin API shows and does. */
export interface AdminDependencies {
  readonly view: GatewayView
  renew(app: string, parent: SpanContext | undefined): Promise<Renewed>
  audit(): Audit
  /** A person has seen the violations: they are past. */
  acknowledge(): Audit
  /** Write what the audit saw, as a record that others can check. */
  formatProof(): string
  readonly events: EventHub
  /** Take in what is known of the clock. */
  clock(report: ClockReport): void
  /** Tell the clock what it needs to know of tor. */
  viewClock(): Promise<GatewayClock>
  readonly telemetry: Telemetry
  readonly registrar: AppRegistrar
}

const DESCRIPTION = {
  title: 'Cordon gateway',
  version: '1',
  description:
    'The admin API of the gateway: on an AF_UNIX socket of this user, and if wanted on loopback with a token.',
}

const TOO_MANY_LISTENERS: Problem = {
  code: 'GW_REQUEST_INVALID',
  message: 'too many listen to events already',
  next: 'Close one of them.',
}

const NAMED = Type.Object({ id: Type.String({ pattern: APP_ID_PATTERN }) })
const ADDITION = Type.Object(
  { id: Type.String({ maxLength: 255 }), settings: APP_SETTINGS },
  { additionalProperties: false },
)
/** Each event is one of these, as the JSON of its data line. */
const EVENT_STREAM = {
  description: 'One event after the other.',
  content: { 'text/event-stream': { schema: GATEWAY_EVENT } },
}
const SELECTION = Type.Object({ app: Type.Optional(Type.String({ pattern: APP_ID_PATTERN })) })

/** Open the admin API where `listener` says. Close it with `closeApi`. */
export async function openAdminDoor(
  dependencies: AdminDependencies,
  listener: AdminListener,
): Promise<FastifyInstance> {
  const admin = await buildAdminApi(dependencies, listener)
  await listenForAdmin(admin, listener)
  return admin
}

async function buildAdminApi(dependencies: AdminDependencies, listener: AdminListener): Promise<FastifyInstance> {
  const { registrar, events, view } = dependencies
  const server = makeAdminServer(listener, dependencies.telemetry)
  await server.register(swagger, { openapi: { openapi: '3.1.0', info: DESCRIPTION } })
  const admin = server.withTypeProvider<ContractTypes>()
  const answers = <T extends TSchema>(summary: string, schema: T) => ({
    summary,
    response: { '2xx': schema, default: PROBLEM },
  })
  const done = (summary: string) => ({
    summary,
    response: { 204: Type.Null({ description: 'Done.' }), default: PROBLEM },
  })
  const text = (summary: string, type: string) => ({
    summary,
    response: { 200: { description: summary, content: { [type]: { schema: Type.String() } } }, default: PROBLEM },
  })
  admin.get('/v1/status', { schema: answers('The gateway, tor as it sees it, and the apps.', GATEWAY_STATUS) }, () =>
    view.status(),
  )
  admin.get('/v1/apps', { schema: answers('The apps.', Type.Object({ apps: Type.Array(APP_STATUS) })) }, () => ({
    apps: view.status().apps,
  }))
  admin.post(
    '/v1/apps',
    { schema: { body: ADDITION, ...answers('Give an app a port of its own.', APP_STATUS) } },
    async (request, reply) => {
      const app = await registrar.add(request.body.id, request.body.settings)
      return reply.code(201).send(view.describe(app))
    },
  )
  admin.delete(
    '/v1/apps/:id',
    { schema: { params: NAMED, ...done('Close the port of an app and forget it.') } },
    async (request, reply) => {
      await registrar.remove(request.params.id)
      return reply.code(204).send(null)
    },
  )
  admin.post(
    '/v1/apps/:id/renew',
    { schema: { params: NAMED, ...answers('Give one app a new identity.', RENEWED) } },
    request => dependencies.renew(request.params.id, parseTraceParent(request.headers['traceparent'])),
  )
  admin.get(
    '/v1/circuits',
    { schema: { querystring: SELECTION, ...answers('App, stream and circuit, as tor tells it.', CIRCUITS) } },
    request => view.circuits(request.query.app),
  )
  admin.get('/v1/clock', { schema: answers('What the clock needs to know of tor.', GATEWAY_CLOCK) }, () =>
    dependencies.viewClock(),
  )
  admin.get(
    '/v1/streams',
    { schema: { querystring: SELECTION, ...answers('The streams of the apps.', STREAMS) } },
    async request => {
      const { apps } = await view.circuits(request.query.app)
      return { apps: apps.map(({ id, streams }) => ({ id, streams })) }
    },
  )
  admin.get('/v1/audit', { schema: answers('Whether isolation holds, since when, and what was seen.', AUDIT) }, () =>
    dependencies.audit(),
  )
  admin.post(
    '/v1/audit/acknowledge',
    { schema: answers('Make violations that a person has seen past ones; what is still so stands again.', AUDIT) },
    () => dependencies.acknowledge(),
  )
  admin.get(
    '/v1/audit/proof',
    { schema: text('What the audit saw, as a record.', 'application/x-ndjson') },
    async (_request, reply) => reply.type('application/x-ndjson').send(dependencies.formatProof()),
  )
  admin.get('/v1/health', { schema: answers('The state in one word.', HEALTH) }, () => ({ state: view.status().state }))
  admin.get(
    '/v1/events',
    { schema: { summary: 'What happens, as server-sent events.', response: { 200: EVENT_STREAM, default: PROBLEM } } },
    async (_request, reply) => {
      if (!events.add(reply.raw)) return await reply.code(503).send(TOO_MANY_LISTENERS)
      return reply.hijack()
    },
  )
  admin.get('/v1/openapi.json', { schema: { hide: true } as object }, () => server.swagger())
  admin.put(
    '/v1/clock',
    { schema: { body: CLOCK_REPORT, ...done('Say how far the clock is trusted.') } },
    async (request, reply) => {
      dependencies.clock(request.body)
      return reply.code(204).send(null)
    },
  )
  const { telemetry } = dependencies
  admin.get(
    '/v1/spans',
    { schema: answers('The newest spans.', Type.Object({ spans: Type.Array(SPAN_RECORD) })) },
    () => ({
      spans: [...telemetry.spans()],
    }),
  )
  admin.get(
    '/v1/logs',
    { schema: answers('The newest log lines.', Type.Object({ lines: Type.Array(LOG_RECORD) })) },
    () => ({
      lines: [...telemetry.lines()],
    }),
  )
  admin.get(
    '/v1/metrics',
    { schema: text('Metrics, as Prometheus reads them.', 'text/plain') },
    async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await telemetry.metrics()),
  )
  return admin
}
