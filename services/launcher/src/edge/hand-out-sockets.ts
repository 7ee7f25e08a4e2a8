import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { INNER, type NetworkWishes } from '../confine/inner-network.ts'
import type { FromInside } from '../confine/inside-message.ts'
import { openTransparentListener } from './system-calls.ts'

const { transparent, dnsPort } = INNER

/** The sockets of each family: where connections to anybody come in, and where questions of DNS by UDP do. */
const FAMILIES = [
  { family: 'ipv4', transparent: transparent.ipv4.split('.').map(Number), type: 'udp4', loopback: '127.0.0.1' },
  { family: 'ipv6', transparent: [...Array<number>(15).fill(0), 1], type: 'udp6', loopback: '::1' },
] as const

/** Make every socket of the namespace and send each to the launcher, which serves them from outside. */
export async function handOutSockets({ ipv6 }: Pick<NetworkWishes, 'ipv6'>): Promise<void> {
  // All are on their way at once: the launcher takes one after the other, and each turn would cost a wait.
  await Promise.all(
    (ipv6 ? FAMILIES : FAMILIES.slice(0, 1)).flatMap(({ family, transparent: address, type, loopback }) => [
      listen(openTransparentListener(family, Uint8Array.from(address), transparent.port)).then(server =>
        hand({ type: 'listener' }, server),
      ),
      bindDatagrams(type, loopback).then(socket => hand({ type: 'datagrams' }, socket)),
    ]),
  )
}

async function listen(fd: number): Promise<Server> {
  const server = createServer()
  server.listen({ fd })
  await once(server, 'listening')
  return server
}

async function bindDatagrams(type: 'udp4' | 'udp6', address: string): Promise<DatagramSocket> {
  const socket = createSocket({ type })
  socket.bind(dnsPort, address)
  await once(socket, 'listening')
  return socket
}

async function hand(message: FromInside, handle: Server | DatagramSocket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.send?.(message, handle, {}, failure => (failure === null ? resolve() : reject(failure)))
  })
}
