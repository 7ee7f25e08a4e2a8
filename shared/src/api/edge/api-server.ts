import { createServer } from 'node:http'
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifySchemaCompiler,
  type FastifySerializerCompiler,
  type FastifyServerOptions,
  type FastifyTypeProvider,
} from 'fastify'
import type { RuntimeLayout } from '../../contracts/index.ts'
import { Fault, type FaultCode } from '../../errors/index.ts'
import { closeHttpServer, listenPrivately } from '../../runtime/edge/private-socket.ts'
import { fits, listMistakes, type Static, type TSchema } from '../../schema/index.ts'
import { type ApiDoor, describeProblem, judgeApiRequest, NOTHING_HERE, pickNamed, refusedRequest } from '../index.ts'

/** No request of ours comes near: settings of one app. */
const BODY_LIMIT_BYTES = 65_536
const HEADER_LIMIT_BYTES = 8192

/** What Fastify knows of a handler's request and answer: the types of their contracts. */
export interface ContractTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown
  readonly serializer: this['schema'] extends TSchema ? Static<this['schema']> : unknown
}

/** What a client may take, in ms. */
export interface ApiDeadlines {
  readonly headersMs: number
  /** For all of its request. */
  readonly requestMs: number
  /** How often Node looks for those who take longer. */
  readonly lookMs: number
}

/** Requests of ours take milliseconds. Arbitrary. */
const DEADLINES: ApiDeadlines = { headersMs: 5000, requestMs: 10_000, lookMs: 5000 }

/** Enough to mend a request. Arbitrary. */
const MISTAKES_SAID = 8

/** A handful of commands and watchers. Arbitrary. */
const MOST_CONNECTIONS = 128

export interface ApiOptions {
  /** How requests come; left out, over an AF_UNIX socket, whose mode has let in nobody else. */
  readonly door?: ApiDoor
  /** The HTTP status of each Fault that is the asker's to mend; the others are 500. */
  readonly statusCodes?: Partial<Record<FaultCode, number>>
  /** Called for each request that nothing looked at. */
  readonly onRefused?: () => void
  readonly deadlines?: ApiDeadlines
}

/** Make an API of ours that has no routes yet and does not listen: bounded, JSON alone, and nothing for a web page. */
export function makeApi(options: ApiOptions = {}): FastifyInstance {
  const { door = { type: 'unix' }, statusCodes = {}, onRefused = () => {}, deadlines = DEADLINES } = options
  const { headersMs, requestMs, lookMs } = deadlines
  const api = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    // A HEAD of something endless would never end.
    exposeHeadRoutes: false,
    requestTimeout: requestMs,
    forceCloseConnections: true,
    schemaController: { compilersFactory: COMPILERS },
    serverFactory: handler => {
      const limits = {
        maxHeaderSize: HEADER_LIMIT_BYTES,
        requestTimeout: requestMs,
        headersTimeout: headersMs,
        connectionsCheckingInterval: lookMs,
      }
      const server = createServer(limits, handler)
      server.maxConnections = MOST_CONNECTIONS
      return server
    },
    clientErrorHandler: (_cause, socket) => {
      onRefused()
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      socket.destroySoon()
    },
  })
  takeJsonAlone(api)
  api.addHook('onRequest', async ({ method, headers }, reply) => {
    const refusal = judgeApiRequest({ method, headers }, door)
    if (refusal === undefined) return undefined
    onRefused()
    return await reply.code(403).header('connection', 'close').send(refusedRequest(refusal))
  })
  api.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = error instanceof Fault ? statusOf(error, statusCodes) : (error.statusCode ?? 500)
    return reply.code(status).send(describeProblem(error))
  })
  api.setNotFoundHandler((_request, reply) => reply.code(404).send(NOTHING_HERE))
  return api
}

/** Holds a part of a request against its schema, as contracts are everywhere else. */
const readRequest: FastifySchemaCompiler<TSchema> =
  ({ schema, httpPart = '' }) =>
  (value: unknown) => {
    if (fits(schema, value)) return { value }
    const said = listMistakes(schema, value).slice(0, MISTAKES_SAID)
    return { error: new Error(said.map(({ pointer, says }) => `${httpPart}${pointer} ${says}`).join(', ')) }
  }

const writeAnswer: FastifySerializerCompiler<TSchema> =
  ({ schema }) =>
  value =>
    JSON.stringify(pickNamed(schema, value))

// Given before the first route: Fastify loads its own, which generate code, where it is given none by then.
const COMPILERS = {
  buildValidator: () => readRequest,
  buildSerializer: () => writeAnswer,
} as unknown as NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>

const statusOf = ({ code }: Fault, statusCodes: Partial<Record<FaultCode, number>>): number =>
  code === 'GW_REQUEST_INVALID' ? 400 : (statusCodes[code] ?? 500)

function takeJsonAlone(api: FastifyInstance): void {
  api.removeAllContentTypeParsers()
  const parse = api.getDefaultJsonParser('error', 'error')
  api.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // What needs no body may come without one.
    if (body === '') done(null, undefined)
    else void parse(request, String(body), done)
  })
}

/** Let an API listen on its AF_UNIX socket, which is only its users' from its first instant. */
export async function openApi(
  api: FastifyInstance,
  path: string,
  { access }: Pick<RuntimeLayout, 'access'>,
): Promise<void> {
  await api.ready()
  await listenPrivately(api.server, path, access)
}

/** Stop listening and cut what is still asked. Fastify closes only what it opened itself. */
export async function closeApi(api: FastifyInstance): Promise<void> {
  await closeHttpServer(api.server)
  await api.close()
}
