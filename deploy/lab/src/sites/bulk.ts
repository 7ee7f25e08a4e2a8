import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Site } from './site.ts'

/** The most bytes one request may ask for: 10 GB, arbitrary, above any test and below a full disk's worth. */
export const BULK_MAX_BYTES = 10_000_000_000

// 64 KiB: what one read of a stream takes. The content is of no interest; it only must not be all zeros, which a
// compressing layer would make vanish.
const BLOCK = Buffer.from(Uint8Array.from({ length: 65_536 }, (_, index) => (index * 167 + (index >> 8) * 91) & 0xff))

/** Read the number of bytes out of a path, or find that it asks for none that we send. */
export function parseAmount(path: string): number | undefined {
  const digits = /^\/(\d{1,11})(?:\?|$)/.exec(path)?.[1]
  const amount = Number(digits ?? Number.NaN)
  return amount <= BULK_MAX_BYTES ? amount : undefined
}

/** Cut `amount` bytes into blocks that share one memory. */
export function* blocksOf(amount: number): Generator<Buffer> {
  for (let left = amount; left > 0; left -= BLOCK.length) yield left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left)
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (request.method) {
    case 'POST':
    case 'PUT':
      return swallow(request, response)
    case 'GET':
    case 'HEAD':
      return send(request, response)
    default:
      response.writeHead(405, { allow: 'GET, HEAD, POST, PUT' }).end()
  }
}

/** Take what is posted, at the pace of the connection, and say how much it was. */
async function swallow(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let received = 0
  for await (const chunk of request) received += (chunk as Buffer).length
  response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify({ received })}\n`)
}

/** Send as many bytes as the path says, no faster than they are taken. */
async function send(request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume()
  const amount = parseAmount(request.url ?? '/')
  if (amount === undefined) {
    response
      .writeHead(400, { 'content-type': 'text/plain' })
      .end(`The path is a number of at most ${BULK_MAX_BYTES}.\n`)
    return
  }
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': amount })
  if (request.method === 'HEAD') response.end()
  else await pipeline(Readable.from(blocksOf(amount), { objectMode: false, highWaterMark: BLOCK.length }), response)
}

/** Sends any number of bytes, and takes any number. */
export const BULK: Site = {
  name: 'bulk.example',
  address: '198.18.80.2',
  services: [
    { type: 'http', handle: answer },
    { type: 'https', handle: answer },
  ],
}
