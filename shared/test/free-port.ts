import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below what the kernel gives to whoever connects or asks for any port (ip_local_port_range, ip(7)), of which a test that
 * looks now and listens later would lose one now and then.
 */
const RANGE = { first: 10_000, last: 19_999 } as const

/** A node of a Redis Cluster talks to the others on a second port, this much higher. */
const CLUSTER_BUS = 10_000

const LOOPBACK = '127.0.0.1'

/** Find a port on loopback that nobody uses, over TCP or UDP, and the one of a cluster's bus with it. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(RANGE.first, RANGE.last + 1)
    if ((await isFree(port)) && (await isFree(port + CLUSTER_BUS))) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const tcp = createServer()
  const udp = createSocket('udp4')
  try {
    tcp.listen(port, LOOPBACK)
    await once(tcp, 'listening')
    udp.bind({ port, address: LOOPBACK, exclusive: true })
    await once(udp, 'listening')
    return true
  } catch {
    return false // somebody has it
  } finally {
    await new Promise(resolve => tcp.close(resolve))
    await new Promise<void>(resolve => udp.close(resolve))
  }
}
