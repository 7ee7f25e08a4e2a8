import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener, type ServerOptions } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { HttpHandler, Service, Site } from '../sites/site.ts'
import type { ServerCertificate } from './certificates.ts'

/** The kernel cuts it to net.core.somaxconn; thousands of streams open at once in a test. */
const BACKLOG = 4096

// A test may hold a request or a kept-alive connection open for as long as it likes.
const PATIENT: ServerOptions = { requestTimeout: 0, keepAliveTimeout: 600_000 }

/** Let every service of `sites` listen at its site's address. */
export async function openSites(sites: readonly Site[], certificate: ServerCertificate): Promise<void> {
  await Promise.all(
    sites.flatMap(({ address, services }) =>
      services.map(async service => {
        const { server, port } = buildServer(service, certificate)
        server.listen({ host: address, port, backlog: BACKLOG })
        await once(server, 'listening')
      }),
    ),
  )
}

function buildServer(service: Service, certificate: ServerCertificate): { server: Server; port: number } {
  switch (service.type) {
    case 'http':
      return { server: createHttpServer(PATIENT, listenerOf(service.handle)), port: 80 }
    case 'https': {
      const options = { ...PATIENT, ...certificate, ALPNProtocols: ['http/1.1'] }
      return { server: createHttpsServer(options, listenerOf(service.handle)), port: 443 }
    }
    case 'tcp':
      return { server: createServer({ allowHalfOpen: true }, serve(service.handle)), port: service.port }
    case 'tls':
      return { server: createTlsServer(certificate, serve(service.handle)), port: service.port }
  }
}

const serve =
  (handle: (socket: Socket) => void) =>
  (socket: Socket): void => {
    // A reset is how clients leave; there is nobody to tell.
    socket.on('error', () => socket.destroy())
    handle(socket)
  }

const listenerOf =
  (handle: HttpHandler): RequestListener =>
  async (request, response) => {
    response.setHeader('server', 'cordon-lab')
    try {
      await handle(request, response)
    } catch {
      // The client went away in the middle, or asked for what cannot be parsed: only this connection ends.
      response.destroy()
    }
  }
