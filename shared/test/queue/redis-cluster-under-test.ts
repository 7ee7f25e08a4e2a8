import type { RedisSettings } from '@cordon/shared/contracts'
import type { Test } from 'tap'
import { findFreePort } from '../free-port.ts'
import { eventually, type RedisUnderTest, startRedis } from './redis-under-test.ts'

/** A node, and the one that takes its place. */
export interface Holder {
  readonly primary: RedisUnderTest
  readonly replica: RedisUnderTest
}

/** A Redis Cluster of one test: three primaries, and one node to spare. It goes with the test. */
export interface ClusterUnderTest {
  /** What cordon.yaml says of it. */
  readonly settings: RedisSettings
  /** Find who holds `key`, and make the spare node its replica. Once. */
  replicateHolderOf(key: string): Promise<Holder>
}

/** What ROLE answers, by the number of its elements: a replica has five. */
export const ROLE_OF_PRIMARY = '*3'

/** Redis Cluster specification: "Key distribution model". */
const SLOTS = 16_384
const PRIMARIES = 3

/** A node that is silent this long is taken for dead. Short for a test, long enough for a busy machine. */
const OPTIONS = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1500']

export async function startCluster(t: Test): Promise<ClusterUnderTest> {
  const ports = await findPorts(PRIMARIES + 1)
  const start = async (port: number, at: number): Promise<RedisUnderTest> =>
    // Each keeps what it knows of the others in a file of its directory.
    await startRedis(t, '--port', String(port), ...OPTIONS, '--cluster-config-file', `nodes-${at}.conf`)
  const nodes = await Promise.all(ports.map(start))
  const primaries = nodes.slice(0, PRIMARIES)
  const [spare] = nodes.slice(PRIMARIES)
  const [first] = primaries
  if (first === undefined || spare === undefined) throw new Error('too few nodes')
  for (const [at, primary] of primaries.entries()) {
    const [from, to] = [Math.ceil((SLOTS * at) / PRIMARIES), Math.ceil((SLOTS * (at + 1)) / PRIMARIES) - 1]
    t.equal(await primary.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to)), 'OK')
  }
  for (const port of ports.slice(1)) await first.command('CLUSTER', 'MEET', '127.0.0.1', String(port))
  for (const node of nodes) await eventually('a node that knows the others', () => knowsAll(node))
  return {
    settings: { cluster: ports.map(port => ({ address: '127.0.0.1', port })) },
    replicateHolderOf: async key => {
      const slot = Number(await first.command('CLUSTER', 'KEYSLOT', key))
      const primary = primaries[Math.floor((slot * PRIMARIES) / SLOTS)]
      if (primary === undefined) throw new Error(`nobody has slot ${slot}`)
      const id = await primary.command('CLUSTER', 'MYID')
      await eventually('a replica', async () => (await spare.command('CLUSTER', 'REPLICATE', id)) === 'OK')
      await eventually('all of it', async () => /state=online/.test(await primary.command('INFO', 'replication')))
      return { primary, replica: spare }
    },
  }
}

async function knowsAll(node: RedisUnderTest): Promise<boolean> {
  const info = await node.command('CLUSTER', 'INFO')
  return /cluster_state:ok/.test(info) && new RegExp(`cluster_known_nodes:${PRIMARIES + 1}\r`).test(info)
}

async function findPorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>()
  while (found.size < count) found.add(await findFreePort())
  return [...found]
}
