/**
 * The files of a directory over HTTP: on loopback, behind just enough of an app port, and on an AF_UNIX socket. For
 * programs that ask for whole files, and for a stand-in of the gateway's API, which is a file like any other.
 */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { answerSocks } from './socks-stand-in.ts'

/** What the site says once, when it listens: where it is on loopback. */
export interface FileSiteAnnouncement {
  readonly port: number
}

const [root = '', socksPath = '', apiPath = ''] = process.argv.slice(2)

const http = createHttpServer(async (request, response) => {
  const path = join(root, new URL(request.url ?? '/', 'http://site.example').pathname)
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() !== true) return void response.writeHead(404).end()
  response.writeHead(200, { 'content-length': found.size, 'last-modified': found.mtime.toUTCString() })
  createReadStream(path).pipe(response)
})
const socks = createServer(socket =>
  answerSocks(socket, (stream, begun) => {
    stream.unshift(begun)
    http.emit('connection', stream)
  }),
)
const api = createHttpServer(http.listeners('request')[0] as Parameters<typeof createHttpServer>[0])
await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
await new Promise<void>(resolve => socks.listen(socksPath, resolve))
await new Promise<void>(resolve => api.listen(apiPath, resolve))
const address = http.address()
process.on('disconnect', () => process.exit(0))
process.send?.({ port: typeof address === 'object' ? (address?.port ?? 0) : 0 } satisfies FileSiteAnnouncement)
