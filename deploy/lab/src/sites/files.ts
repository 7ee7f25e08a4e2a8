import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Site } from './site.ts'

/** All that the shelf holds at most: a repository or an index of a test, and far from this machine's memory. */
export const SHELF_MAX_BYTES = 268_435_456

/** Files by path, as they were put there. They are gone with the lab. */
export class Shelf {
  readonly #files = new Map<string, Buffer>()
  #bytes = 0

  /** Keep a file, in place of one of that path; report whether there was room. */
  put(path: string, content: Buffer): boolean {
    const bytes = this.#bytes - (this.#files.get(path)?.length ?? 0) + content.length
    if (bytes > SHELF_MAX_BYTES) return false
    this.#bytes = bytes
    this.#files.set(path, content)
    return true
  }

  get(path: string): Buffer | undefined {
    return this.#files.get(path)
  }
}

const SHELF = new Shelf()

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://files.example')
  if (request.method === 'PUT') {
    const content = await readBounded(request)
    response.writeHead(content !== undefined && SHELF.put(pathname, content) ? 201 : 507).end()
    return
  }
  request.resume()
  const file = SHELF.get(pathname)
  response.writeHead(file === undefined ? 404 : 200, { 'content-length': file?.length ?? 0 })
  response.end(request.method === 'HEAD' ? undefined : file)
}

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

/** Gives back what was put there, byte for byte: for repositories that a test makes. */
export const FILES: Site = {
  name: 'files.example',
  address: '198.18.80.4',
  services: [
    { type: 'http', handle: answer },
    { type: 'https', handle: answer },
  ],
}
