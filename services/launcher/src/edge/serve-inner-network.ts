import type { Socket as DatagramSocket } from 'node:dgram'
import { connect, isIPv4, type NetConnectOpts, type Server, type Socket } from 'node:net'
import { failDatagram, fitDatagram } from '../confine/datagram.ts'
import { decodeFrame, encodeFrame } from '../confine/frames.ts'
import { isInLan } from '../confine/lan.ts'
import { openStream } from './open-stream.ts'
import { relay } from './relay.ts'

/** What the sockets of the namespace lead to. */
export interface Ways {
  readonly appSocket: string
  readonly dnsSocket: string
  readonly allowLan: boolean
}

/** Questions by UDP that are open at once; more are dropped, and asked again. Arbitrary. */
const QUESTIONS_MAX = 256

/** No resolver waits longer (resolv.conf(5) allows 30 s). */
const QUESTION_DEADLINE_MS = 30_000

/** Serve the transparent listener: each connection goes through the app's port to where the program wanted to go. */
export function serveTransparent(server: Server, { appSocket, allowLan }: Ways): void {
  onConnection(server, inner => {
    const { localAddress = '', localPort = 0 } = inner
    if (allowLan && isIPv4(localAddress) && isInLan(localAddress)) {
      relayTo(inner, { host: localAddress, port: localPort })
      return
    }
    openStream(appSocket, localAddress, localPort).then(
      outer => relay(inner, outer),
      // The kernel has accepted in our name, so a refusal can only be told as a reset.
      () => inner.resetAndDestroy(),
    )
  })
}

/** Serve a listener whose every connection goes to one socket outside, byte by byte. */
export function serveRelayed(server: Server, target: NetConnectOpts): void {
  onConnection(server, inner => relayTo(inner, target))
}

/** Serve DNS by UDP: each question goes to the app's own resolver as over TCP. */
export function serveDatagrams(socket: DatagramSocket, { dnsSocket }: Ways): void {
  let open = 0
  socket.on('error', () => {}) // an answer that cannot be delivered is the asker's to ask again
  socket.on('message', (question, { address, port }) => {
    if (open >= QUESTIONS_MAX) return
    open++
    const fitted = askOnce(dnsSocket, question).then(
      answer => fitDatagram(question, answer),
      () => failDatagram(question),
    )
    void fitted.then(datagram => {
      open--
      if (datagram !== undefined) socket.send(datagram, port, address)
    })
  })
}

function relayTo(inner: Socket, target: NetConnectOpts): void {
  const outer = connect({ ...target, allowHalfOpen: true })
  relay(inner, outer)
}

async function askOnce(path: string, question: Buffer): Promise<Buffer> {
  const frame = encodeFrame(question)
  if (frame === undefined) throw new Error('too large')
  return await new Promise<Buffer>((resolve, reject) => {
    const socket = connect({ path })
    let received: Buffer = Buffer.alloc(0)
    socket.setTimeout(QUESTION_DEADLINE_MS, () => socket.destroy())
    socket.on('error', reject).on('close', () => reject(new Error('no answer')))
    socket.on('data', chunk => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const answer = decodeFrame(received)
      if (answer === undefined) return
      resolve(answer)
      socket.destroy()
    })
    socket.write(frame)
  })
}

/** Call `serve` for each connection. A server that was handed over has lost its options, so they are set again. */
function onConnection(server: Server, serve: (inner: Socket) => void): void {
  Object.assign(server, { allowHalfOpen: true, noDelay: true })
  server.on('error', () => {}) // accept(2) failed for one connection: the next may do better
  server.on('connection', inner => {
    inner.on('error', () => {}) // told by `close`
    serve(inner)
  })
}
