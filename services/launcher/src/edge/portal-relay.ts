/**
 * The portal's way out: what a confined browser believes to be the gateway, the port and the resolver of its app.
 *
 * It runs as a user who is nobody else, whom the rules let out for the time of the login. It carries TCP to addresses
 * beyond this machine, asks the network's own name server, and does nothing else.
 */
import { createSocket } from 'node:dgram'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { layOutRuntime } from '@cordon/shared/contracts/runtime-layout'
import type { AppId } from '@cordon/shared/isolation'
import { encodeReply, METHOD, REPLY, SOCKS5 } from '@cordon/shared/socks'
import { decodeFrame, encodeFrame } from '../confine/frames.ts'
import { PORTAL_APP } from '../lockdown/portal.ts'
import { decodePortalGreeting, decodePortalRequest } from '../lockdown/portal-request.ts'
import { relaySockets } from './relay.ts'

/** A handshake of the launcher's is there at once. Arbitrary. */
const HANDSHAKE_MS = 10_000
const HANDSHAKE_MAX_BYTES = 1024
const CONNECT_MS = 30_000
const QUESTION_MS = 10_000
const DNS_PORT = 53

/** Serve below `runtimeDirectory` until we are killed. */
export async function servePortal(runtimeDirectory: string, resolver: string): Promise<number> {
  const layout = layOutRuntime(runtimeDirectory)
  const app = PORTAL_APP as AppId
  const socket = layout.appSocket(app)
  const known = JSON.stringify({ apps: [{ id: app, port: null, socket, trouble: null, control: null }] })
  const gateway = createHttpServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end(known)
  })
  const servers: readonly (readonly [Server, string])[] = [
    [gateway, layout.gatewaySocket],
    [createServer({ allowHalfOpen: true }, serveStream), socket],
    [createServer(inner => serveNames(inner, resolver)), layout.appDnsSocket(app)],
  ]
  for (const [server, path] of servers) await new Promise<void>(resolve => server.listen(path, resolve))
  process.stdout.write('ready\n')
  return await new Promise(() => {}) // the kernel ends us with whoever started us
}

/** Answer one SOCKS5 handshake, and carry bytes. */
function serveStream(inner: Socket): void {
  let received = Buffer.alloc(0)
  let isGreeted = false
  const timer = setTimeout(() => inner.destroy(), HANDSHAKE_MS)
  inner.on('error', () => {}).on('close', () => clearTimeout(timer))
  const receive = (chunk: Buffer): void => {
    received = Buffer.concat([received, chunk])
    if (!isGreeted) {
      const greeting = decodePortalGreeting(received)
      if (greeting.type === 'decoded') {
        isGreeted = true
        received = received.subarray(greeting.consumed)
        inner.write(Buffer.of(SOCKS5, METHOD.none))
      } else if (greeting.type === 'malformed') inner.destroy()
    }
    if (!isGreeted) return
    const request = decodePortalRequest(received)
    if (request.type === 'malformed' || received.length > HANDSHAKE_MAX_BYTES) {
      inner.end(encodeReply(REPLY.notAllowed))
    } else if (request.type === 'decoded') {
      inner.off('data', receive).pause()
      clearTimeout(timer)
      const readAhead = received.subarray(request.consumed)
      if (readAhead.length > 0) inner.unshift(readAhead)
      carry(inner, request.value)
    }
  }
  inner.on('data', receive)
}

function carry(inner: Socket, { address, port }: { readonly address: string; readonly port: number }): void {
  if (isThisMachine(address)) {
    inner.end(encodeReply(REPLY.notAllowed))
    return
  }
  const outer = connect({ host: address, port, allowHalfOpen: true, timeout: CONNECT_MS })
  const refuse = (): void => {
    inner.end(encodeReply(REPLY.hostUnreachable))
    outer.destroy()
  }
  outer.once('error', refuse).once('timeout', refuse)
  outer.once('connect', () => {
    outer.off('error', refuse).off('timeout', refuse).setTimeout(0)
    inner.write(encodeReply(REPLY.succeeded))
    relaySockets(inner, outer)
  })
}

/** What listens on this machine is no portal, and was not meant for the browser. */
const isThisMachine = (address: string): boolean =>
  /^(?:127\.|0\.|::$|::1$|::ffff:)/i.test(address) ||
  Object.values(networkInterfaces()).some(all => all?.some(own => own.address === address))

/** Answer questions framed as over TCP (RFC 7766), each asked of the network's server by UDP as everybody asks it. */
function serveNames(inner: Socket, resolver: string): void {
  let received = Buffer.alloc(0)
  inner.on('error', () => {}).setTimeout(QUESTION_MS, () => inner.destroy())
  inner.on('data', chunk => {
    received = Buffer.concat([received, chunk])
    for (let question = decodeFrame(received); question !== undefined; question = decodeFrame(received)) {
      received = received.subarray(question.length + 2)
      ask(question, resolver, answer => {
        const frame = encodeFrame(answer)
        if (frame !== undefined && inner.writable) inner.write(frame)
      })
    }
  })
}

function ask(question: Buffer, resolver: string, take: (answer: Buffer) => void): void {
  const socket = createSocket(isIPv6(resolver) ? 'udp6' : 'udp4')
  const close = (): void => {
    clearTimeout(timer)
    socket.close()
  }
  const timer = setTimeout(close, QUESTION_MS)
  socket.once('error', close)
  // Connected, so that nobody but the server is heard.
  socket.connect(DNS_PORT, resolver, () => socket.send(question))
  socket.once('message', answer => {
    if (answer.subarray(0, 2).equals(question.subarray(0, 2))) take(answer)
    close()
  })
}
