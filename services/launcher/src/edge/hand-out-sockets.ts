import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { INNER, type NetworkWishes } from '../confine/inner-network.ts'
import type { FromInside } from '../confine/inside-message.ts'
import { openTransparentListener } from './system-calls.ts'

const LOOPBACK_4 = '127.0.0.1'
const LOOPBACK_6 = '::1'

/** Make every socket of the namespace and send each to the launcher, which serves them from outside. */
export async function handOutSockets({ ipv6 }: NetworkWishes, relayedPorts: readonly number[]): Promise<void> {
  const { transparent, dnsPort } = INNER
  const families = ipv6 ? (['ipv4', 'ipv6'] as const) : (['ipv4'] as const)
  for (const family of families) {
    const fd = openTransparentListener(family, TRANSPARENT_ADDRESSES[family], transparent.port)
    await hand({ type: 'listener', role: 'transparent' }, await listen({ fd }))
  }
  for (const host of ipv6 ? [LOOPBACK_4, LOOPBACK_6] : [LOOPBACK_4]) {
    await hand({ type: 'listener', role: 'dns' }, await listen({ host, port: dnsPort, ipv6Only: host === LOOPBACK_6 }))
    await hand({ type: 'datagrams' }, await bindDatagrams(host, dnsPort))
  }
  for (const port of relayedPorts) {
    await hand({ type: 'listener', role: 'relayed', port }, await listen({ host: LOOPBACK_4, port }))
  }
}

const TRANSPARENT_ADDRESSES = {
  ipv4: Uint8Array.from(INNER.transparent.ipv4.split('.').map(Number)),
  ipv6: Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
} as const

async function listen(where: { fd: number } | { host: string; port: number; ipv6Only?: boolean }): Promise<Server> {
  const server = createServer()
  server.listen(where)
  await once(server, 'listening')
  return server
}

async function bindDatagrams(address: string, port: number): Promise<DatagramSocket> {
  const socket = createSocket({ type: address === LOOPBACK_6 ? 'udp6' : 'udp4' })
  socket.bind(port, address)
  await once(socket, 'listening')
  return socket
}

async function hand(message: FromInside, handle: Server | DatagramSocket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.send?.(message, handle, {}, failure => (failure === null ? resolve() : reject(failure)))
  })
}
