import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { must, run } from './command.ts'

/** Addresses for documentation (RFC 5737, RFC 3849): whoever reaches them, reaches nobody. */
export const OUTSIDE = {
  host: '203.0.113.80',
  port: 80,
  resolver: '203.0.113.53',
  host6: '2001:db8::80',
} as const
const ENGINE_ADDRESS = '198.51.100.2'
const OUTSIDE_ADDRESS = '198.51.100.1'

/**
 * Count what arrives, by protocol, address and port: all of it but what a link says to itself (neighbours, routers).
 *
 * prerouting sees a packet whether or not somebody here has its address.
 */
const RULES = `table inet outside {
  set seen { type inet_proto . ipv4_addr . inet_service; flags dynamic; size 4096; }
  counter arrived {}
  chain watch {
    type filter hook prerouting priority -300;
    iifname != "out1" accept
    ip6 saddr { ::, fe80::/10 } accept
    counter name arrived
    meta l4proto { tcp, udp } add @seen { meta l4proto . ip daddr . th dport }
  }
}`

/** What the engine's network leads to: a world of one machine, which counts who comes. */
export interface Outside {
  /** Packets that ever arrived. */
  count(): number
  /** Where they were going: `tcp 203.0.113.80:80`. */
  seen(): readonly string[]
  close(): Promise<void>
}

/** Make `namespace` for the engine and an outside that it leads to. Neither leads to this machine or beyond. */
export async function openOutside(namespace: string): Promise<Outside> {
  const world = `${namespace}-out`
  const close = (): void => {
    for (const name of [namespace, world]) run(['ip', 'netns', 'del', name])
  }
  for (const name of [namespace, world]) must(['ip', 'netns', 'add', name])
  const inside = (name: string, ...words: readonly string[]): string => must(['ip', '-n', name, ...words])
  for (const name of [namespace, world]) inside(name, 'link', 'set', 'lo', 'up')
  inside(namespace, 'link', 'add', 'out0', 'type', 'veth', 'peer', 'name', 'out1', 'netns', world)
  inside(namespace, 'addr', 'add', `${ENGINE_ADDRESS}/24`, 'dev', 'out0')
  inside(world, 'addr', 'add', `${OUTSIDE_ADDRESS}/24`, 'dev', 'out1')
  for (const address of [OUTSIDE.host, OUTSIDE.resolver]) inside(world, 'addr', 'add', `${address}/32`, 'dev', 'lo')
  inside(namespace, '-6', 'addr', 'add', '2001:db8:1::2/64', 'dev', 'out0', 'nodad')
  inside(world, '-6', 'addr', 'add', '2001:db8:1::1/64', 'dev', 'out1', 'nodad')
  inside(world, '-6', 'addr', 'add', `${OUTSIDE.host6}/128`, 'dev', 'lo', 'nodad')
  inside(namespace, 'link', 'set', 'out0', 'up')
  inside(world, 'link', 'set', 'out1', 'up')
  inside(namespace, 'route', 'add', 'default', 'via', OUTSIDE_ADDRESS)
  inside(namespace, '-6', 'route', 'add', 'default', 'via', '2001:db8:1::1')
  must(['ip', 'netns', 'exec', world, 'nft', '-f', '-'], { input: RULES })
  const program = `require('net').createServer(s => s.on('error', () => {}).end('outside')).listen(${OUTSIDE.port}, '::', () => console.log('up'))`
  const server = spawn('ip', ['netns', 'exec', world, process.execPath, '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(server.stdout, 'data')
  const list = (...what: readonly string[]): string => must(['ip', 'netns', 'exec', world, 'nft', 'list', ...what])
  return {
    count: () => Number(/packets (\d+) bytes/.exec(list('counter', 'inet', 'outside', 'arrived'))?.[1]),
    seen: () =>
      [...list('set', 'inet', 'outside', 'seen').matchAll(/(tcp|udp) \. ([\d.]+) \. (\d+|\S+)/g)].map(
        ([, protocol, address, port]) => `${protocol} ${address}:${port}`,
      ),
    async close() {
      server.kill('SIGKILL')
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
      close()
    },
  }
}
