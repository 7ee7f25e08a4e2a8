import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Site } from './site.ts'

/** What the check site tells a caller: what it sees of them. */
export interface Sighting {
  /** Where the connection came from: the exit, or the carrier of the onion service. */
  readonly remoteAddress: string
  /** Names and values as received, in order, repeated ones too. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly tls: TlsSighting | null
}

export interface TlsSighting {
  readonly protocol: string | null
  readonly cipher: string
  readonly servername: string | null
  /** True links this connection to an earlier one of the same client. */
  readonly sessionReused: boolean
  readonly alpn: string | null
}

/** Tell a caller what the site sees: `/` as JSON, `/page` for a browser. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  // A body says nothing here; unread, it would keep the connection from its next request.
  request.resume()
  const { pathname } = new URL(request.url ?? '/', 'http://check.example')
  const sighting = describe(request)
  if (pathname === '/') respond(response, 200, 'application/json', `${JSON.stringify(sighting)}\n`)
  else if (pathname === '/page') respond(response, 200, 'text/html; charset=utf-8', formatPage(sighting))
  else respond(response, 404, 'text/plain; charset=utf-8', 'The Cordon lab has / and /page here.\n')
}

/** Collect what can be seen of a request. */
export function describe({ socket, rawHeaders }: IncomingMessage): Sighting {
  return {
    remoteAddress: socket.remoteAddress ?? '',
    headers: pairHeaders(rawHeaders),
    tls: isTls(socket) ? describeTls(socket) : null,
  }
}

/** Pair node's flat list of header names and values. */
export const pairHeaders = (raw: readonly string[]): readonly (readonly [string, string])[] =>
  raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : []))

/** Write the page for browsers. Its title is what a test can read from outside; headers are the caller's own words. */
export const formatPage = ({ remoteAddress, headers, tls }: Sighting): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Cordon lab: ${escapeHtml(remoteAddress)}</title>
<h1>This is the Cordon lab, not the Internet</h1>
<p>You came from ${escapeHtml(remoteAddress)}, ${tls === null ? 'without TLS' : `with ${escapeHtml(tls.protocol ?? 'TLS')}`}.</p>
<pre>${headers.map(([name, value]) => escapeHtml(`${name}: ${value}`)).join('\n')}</pre>
</html>
`

/** `encrypted` is true on TLS sockets and nowhere else (tls.TLSSocket). */
const isTls = (socket: Socket): socket is TLSSocket => 'encrypted' in socket

function describeTls(socket: TLSSocket): TlsSighting {
  // Node types leave `servername` out; it is the server's view of SNI (tls.TLSSocket, "servername"), or false.
  const { servername } = socket as TLSSocket & { readonly servername?: string | false }
  return {
    protocol: socket.getProtocol(),
    cipher: socket.getCipher().standardName,
    servername: typeof servername === 'string' ? servername : null,
    sessionReused: socket.isSessionReused(),
    alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : null,
  }
}

const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)

function respond(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

/** Tells the caller what it sees of them. */
export const CHECK: Site = {
  name: 'check.example',
  address: '198.18.80.1',
  services: [
    { type: 'http', handle: answer },
    { type: 'https', handle: answer },
  ],
}
