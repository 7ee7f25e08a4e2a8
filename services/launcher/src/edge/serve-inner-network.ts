import type { Socket as DatagramSocket } from 'node:dgram'
import { connect, type Server } from 'node:net'
import { connectReading } from '@cordon/shared/runtime/edge/reading-socket'
import { failDatagram, fitDatagram } from '../confine/datagram.ts'
import { decodeFrame, encodeFrame } from '../confine/frames.ts'
import { chooseWay, type Ways } from '../confine/way.ts'
import type { HandedSocket } from './confined-process.ts'
import { openStream } from './open-stream.ts'
import { relay } from './relay.ts'

/** Questions by UDP that are open at once; more are dropped, and asked again. Arbitrary. */
const QUESTIONS_MAX = 256

/** No resolver waits longer (resolv.conf(5) allows 30 s). */
const QUESTION_DEADLINE_MS = 30_000

/** Serve a socket of the namespace. */
export function serveSocket(socket: HandedSocket, ways: Ways): void {
  if (socket.type === 'listener') serveConnections(socket.server, ways)
  else serveDatagrams(socket.socket, ways)
}

/** Serve the transparent listener: each connection goes where the program wanted to go, by the way that leads there. */
function serveConnections(server: Server, ways: Ways): void {
  // A server that was handed over has lost its options, so they are set again.
  Object.assign(server, { allowHalfOpen: true, noDelay: true })
  server.on('error', () => {}) // accept(2) failed for one connection: the next may do better
  server.on('connection', inner => {
    inner.on('error', () => {}) // told by `close`
    const { localAddress = '', localPort = 0 } = inner
    const way = chooseWay(localAddress, localPort, ways)
    switch (way.type) {
      case 'stream': {
        const dialled = openStream(ways.appSocket, localAddress, localPort, stream => {
          // The kernel has accepted in our name, so a refusal can only be told as a reset.
          if (stream === undefined) inner.resetAndDestroy()
          else relay(inner, stream)
        })
        inner.once('close', () => dialled.destroy())
        break
      }
      case 'relayed':
        relay(inner, connectReading(way.to))
        break
      case 'refused':
        inner.resetAndDestroy()
        break
    }
  })
}

/** Serve DNS by UDP: each question goes to the app's own resolver as over TCP. */
function serveDatagrams(socket: DatagramSocket, { dnsSocket }: Pick<Ways, 'dnsSocket'>): void {
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
