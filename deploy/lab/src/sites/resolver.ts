import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { DNS_ZONES } from '../dns-zones.ts'
import { MessageFrames } from '../message-frames.ts'
import { answerQuery } from '../name-server.ts'
import type { Site } from './site.ts'

/** Padded to this (RFC 8467 section 4.1), a query is no longer; the rest is for what is not. */
const QUERY_MAX_BYTES = 65_535

/** DNS over TLS (RFC 7858). */
function converse(socket: Socket): void {
  const frames = new MessageFrames()
  socket.on('data', chunk => {
    for (const query of frames.push(chunk)) {
      const answer = answerQuery(DNS_ZONES, query, 'tcp')
      if (answer !== undefined) socket.write(MessageFrames.encode(answer))
    }
  })
  socket.on('end', () => socket.end())
}

/** DNS over HTTPS (RFC 8484), POST alone. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= QUERY_MAX_BYTES) chunks.push(chunk)
  }
  const isQuery = request.url === '/dns-query' && request.method === 'POST' && length <= QUERY_MAX_BYTES
  if (!isQuery || request.headers['content-type'] !== 'application/dns-message') {
    response.writeHead(404).end()
    return
  }
  const body = answerQuery(DNS_ZONES, Buffer.concat(chunks), 'tcp')
  if (body === undefined) return // held for ever, as a slow resolver does
  response.writeHead(200, { 'content-type': 'application/dns-message', 'content-length': body.length }).end(body)
}

/** A resolver for whoever configures one: DNS over TLS on 853, over HTTPS at `/dns-query`. */
export const RESOLVER: Site = {
  name: 'resolver.example',
  address: '198.18.80.5',
  services: [
    { type: 'https', handle: answer },
    { type: 'tls', port: 853, handle: converse },
  ],
}
