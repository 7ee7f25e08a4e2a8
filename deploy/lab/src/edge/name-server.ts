import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { MessageFrames } from '../message-frames.ts'
import { answerQuery } from '../name-server.ts'
import type { Zone } from '../zones.ts'

/** Serve `zones` on port 53 of `address`, over UDP and TCP. */
export async function openNameServer(address: string, zones: readonly Zone[]): Promise<void> {
  const udp = createSocket('udp4')
  udp.on('message', (query, { address: asker, port }) => {
    const answer = answerQuery(zones, query, 'udp')
    if (answer !== undefined) udp.send(answer, port, asker)
  })
  const tcp = createServer(socket => converse(socket, zones))
  udp.bind(53, address)
  tcp.listen(53, address)
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')])
}

/** Answer queries on one TCP connection, in order, each behind two bytes of length (RFC 1035 section 4.2.2). */
function converse(socket: Socket, zones: readonly Zone[]): void {
  const frames = new MessageFrames()
  // A reset is how askers leave; there is nobody to tell.
  socket.on('error', () => socket.destroy())
  socket.on('data', chunk => {
    for (const query of frames.push(chunk)) {
      const answer = answerQuery(zones, query, 'tcp')
      if (answer !== undefined) socket.write(MessageFrames.encode(answer))
    }
  })
}
