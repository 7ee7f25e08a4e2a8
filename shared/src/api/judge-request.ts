/** How a request came: over the private AF_UNIX socket, or over loopback TCP on that port. */
export type ApiDoor = { readonly type: 'unix' } | { readonly type: 'tcp'; readonly port: number }

/** What is looked at before anything else of a request. */
export interface ApiRequest {
  readonly method: string
  /** Names in lower case, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Why a request to an API of ours is refused. */
export type ApiRefusal = 'host' | 'origin' | 'upgrade' | 'content-type'

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/**
 * Refuse what a web page can make a browser send to this machine: by another name that leads here (rebinding), from
 * another site, as a form or as text without asking first, or as a WebSocket.
 *
 * No browser is a client of these APIs, so every Origin is foreign.
 */
export function judgeApiRequest({ method, headers }: ApiRequest, door: ApiDoor): ApiRefusal | undefined {
  if (door.type === 'tcp' && !isOurName(headers['host'], door.port)) return 'host'
  if (headers['origin'] !== undefined) return 'origin'
  if (headers['upgrade'] !== undefined) return 'upgrade'
  const type = headers['content-type']
  if (type === undefined ? door.type === 'tcp' && !READS.has(method) : !isJson(type)) return 'content-type'
  return undefined
}

/** RFC 9110 section 7.2: with the port, which is never the default one. */
const isOurName = (host: string | readonly string[] | undefined, port: number): boolean =>
  host === `127.0.0.1:${port}` || host === `localhost:${port}`

const isJson = (type: string | readonly string[]): boolean =>
  typeof type === 'string' && /^application\/json(?:\s*;\s*charset=utf-8)?$/i.test(type)
