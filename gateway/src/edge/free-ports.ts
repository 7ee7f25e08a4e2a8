import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { candidatePorts } from '../apps/index.ts'

/** Find `count` ports that nobody has now, over TCP or UDP, at random, none of them in `taken`; fewer if there are not enough. */
export async function findFreePorts(count: number, taken: ReadonlySet<number>): Promise<number[]> {
  const free: number[] = []
  for (const port of candidatePorts(taken, () => randomBytes(4).readUInt32BE() / 2 ** 32)) {
    if (free.length >= count) break
    if ((await isFreeForTcp(port)) && (await isFreeForUdp(port))) free.push(port)
  }
  return free
}

async function isFreeForTcp(port: number): Promise<boolean> {
  return await new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ host: '127.0.0.1', port, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

async function isFreeForUdp(port: number): Promise<boolean> {
  return await new Promise(resolve => {
    const probe = createSocket('udp4')
    probe.once('error', () => {
      probe.close()
      resolve(false)
    })
    probe.bind({ address: '127.0.0.1', port, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}
