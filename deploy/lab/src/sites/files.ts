import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, type Sighting } from './check.ts'
import type { Site } from './site.ts'

/** All that the shelf holds at most: a repository or an index of a test, and far from this machine's memory. */
export const SHELF_MAX_BYTES = 268_435_456

/** A file with the media type that it was put there with, if any. */
interface ShelvedFile {
  readonly content: Buffer
  readonly mediaType: string | undefined
}

/** Files by path, as they were put there. They are gone with the lab. */
export class Shelf {
  readonly #files = new Map<string, ShelvedFile>()
  #bytes = 0

  /** Keep a file, in place of one of that path; report whether there was room. */
  put(path: string, content: Buffer, mediaType?: string): boolean {
    const bytes = this.#bytes - (this.#files.get(path)?.content.length ?? 0) + content.length
    if (bytes > SHELF_MAX_BYTES) return false
    this.#bytes = bytes
    this.#files.set(path, { content, mediaType })
    return true
  }

  get(path: string): ShelvedFile | undefined {
    return this.#files.get(path)
  }
}

/** Requests that are remembered. A test makes some dozens. */
export const SEEN_MAX = 1000

/** Who asked for which file, as the server saw it: the newest requests, in their order. */
export class VisitorBook {
  readonly #seen: { readonly path: string; readonly sighting: Sighting }[] = []
  #count = 0

  /** Take note of a request; the number that it is given is nobody else's. */
  enter(path: string, sighting: Sighting): number {
    this.#seen.push({ path, sighting })
    if (this.#seen.length > SEEN_MAX) this.#seen.shift()
    this.#count += 1
    return this.#count
  }

  of(path: string): readonly Sighting[] {
    return this.#seen.flatMap(one => (one.path === path ? [one.sighting] : []))
  }
}

const SHELF = new Shelf()
const BOOK = new VisitorBook()

/** Below this, the same path tells who asked for it. */
const SEEN = '/.seen'

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://files.example')
  if (request.method === 'PUT') {
    const content = await readBounded(request)
    response
      .writeHead(content !== undefined && SHELF.put(pathname, content, request.headers['content-type']) ? 201 : 507)
      .end()
    return
  }
  request.resume()
  if (pathname.startsWith(`${SEEN}/`)) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(BOOK.of(pathname.slice(SEEN.length))))
    return
  }
  const file = SHELF.get(pathname)
  const visit = BOOK.enter(pathname, describe(request))
  // What a client that keeps anything would send at its next request.
  const marks = { etag: `"${visit}"`, 'set-cookie': `visit=${visit}; Path=/`, 'last-modified': LONG_AGO }
  const length = { 'content-length': file?.content.length ?? 0 }
  const type = file?.mediaType === undefined ? {} : { 'content-type': file.mediaType }
  response.writeHead(file === undefined ? 404 : 200, { ...length, ...type, ...marks })
  response.end(request.method === 'HEAD' ? undefined : file?.content)
}

const LONG_AGO = 'Thu, 01 Jan 2026 00:00:00 GMT'

async function readBounded(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    chunks.push(chunk as Buffer)
    length += (chunk as Buffer).length
    if (length > SHELF_MAX_BYTES) return undefined
  }
  return Buffer.concat(chunks)
}

/** Gives back what was put there, byte for byte, and tells who took it: for repositories that a test makes. */
export const FILES: Site = {
  name: 'files.example',
  address: '198.18.80.4',
  services: [
    { type: 'http', handle: answer },
    { type: 'https', handle: answer },
  ],
}
