import type { RedisSettings } from '@cordon/shared/contracts'
import type { Test } from 'tap'
import { eventually, findPort, type RedisUnderTest, startRedis } from './redis-under-test.ts'

/** A node and the one that takes its place. */
export interface Holder {
  readonly primary: RedisUnderTest
  readonly replica: RedisUnderTest
}

/** A Redis Cluster of one test: three primaries, each with a replica. It goes with the test. */
export interface ClusterUnderTest {
  /** What cordon.yaml says of it. */
  readonly settings: RedisSettings
  /** Find who holds `key` since the cluster was made. */
  holderOf(key: string): Promise<Holder>
}

/** What ROLE answers, by the number of its elements: a replica has five. */
export const ROLE_OF_PRIMARY = '*3'
const ROLE_OF_REPLICA = '*5'

/** Redis Cluster specification: "Key distribution model". */
const SLOTS = 16_384
const PRIMARIES = 3

/** A node that is silent this long is taken for dead. Short for a test, long enough for a busy machine. */
const OPTIONS = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1500']

export async function startCluster(t: Test): Promise<ClusterUnderTest> {
  const ports = await findPorts(PRIMARIES * 2)
  const nodes: RedisUnderTest[] = []
  for (const [at, port] of ports.entries()) {
    // Each keeps what it knows of the others in a file of its directory.
    nodes.push(await startRedis(t, '--port', String(port), ...OPTIONS, '--cluster-config-file', `nodes-${at}.conf`))
  }
  const holders: readonly Holder[] = Array.from({ length: PRIMARIES }, (_, at) => {
    const [primary, replica] = [nodes[at], nodes[PRIMARIES + at]]
    if (primary === undefined || replica === undefined) throw new Error('too few nodes')
    return { primary, replica }
  })
  const [first] = holders
  if (first === undefined) throw new Error('no node')
  for (const [at, { primary }] of holders.entries()) {
    const [from, to] = [Math.ceil((SLOTS * at) / PRIMARIES), Math.ceil((SLOTS * (at + 1)) / PRIMARIES) - 1]
    t.equal(await primary.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to)), 'OK')
  }
  for (const port of ports.slice(1)) await first.primary.command('CLUSTER', 'MEET', '127.0.0.1', String(port))
  for (const node of nodes) await eventually('a node that knows the others', () => knowsAll(node))
  for (const { primary, replica } of holders) {
    const id = await primary.command('CLUSTER', 'MYID')
    await eventually('a replica', async () => (await replica.command('CLUSTER', 'REPLICATE', id)) === 'OK')
  }
  for (const { primary, replica } of holders) {
    await eventually('replication', async () => (await replica.command('ROLE')) === ROLE_OF_REPLICA)
    await eventually('all of it', async () => /state=online/.test(await primary.command('INFO', 'replication')))
  }
  return {
    settings: { cluster: ports.map(port => ({ address: '127.0.0.1', port })) },
    holderOf: async key => {
      const slot = Number(await first.primary.command('CLUSTER', 'KEYSLOT', key))
      const holder = holders[Math.floor((slot * PRIMARIES) / SLOTS)]
      if (holder === undefined) throw new Error(`nobody has slot ${slot}`)
      return holder
    },
  }
}

async function knowsAll(node: RedisUnderTest): Promise<boolean> {
  const info = await node.command('CLUSTER', 'INFO')
  return /cluster_state:ok/.test(info) && new RegExp(`cluster_known_nodes:${PRIMARIES * 2}\r`).test(info)
}

async function findPorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>()
  while (found.size < count) found.add(await findPort())
  return [...found]
}
