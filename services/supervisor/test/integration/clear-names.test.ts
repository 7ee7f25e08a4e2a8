/**
 * Whether any part of Cordon but tor asks for a name in the clear: all parts run in a network namespace of their own
 * whose kernel counts every packet to a port of DNS. tor is in the lab's, so what it sends is not counted.
 */
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OWN_APPS } from '@cordon/shared/contracts'
import t from 'tap'
import { Cordon, finish, openLab, type Run, until } from './cordon.ts'

t.setTimeout(300_000)

const skip = process.getuid?.() === 0 ? false : 'only root can lay a cable'

/** A way out that leads nowhere, so that packets are sent at all; DNS, DNS over TLS, mDNS and LLMNR are counted. */
const SETUP = `set -e
ip link set lo up
ip link add out0 type veth peer name away0
ip addr add 192.0.2.2/24 dev out0
ip link set away0 up
ip link set out0 up
ip route add default via 192.0.2.1
if [ -e /proc/net/if_inet6 ]; then
  ip addr add 2001:db8::2/64 dev out0 nodad
  ip -6 route add default via 2001:db8::1
fi
nft -f - <<'RULES'
table inet names {
  counter asked { }
  chain out {
    type filter hook output priority 0; policy accept;
    meta l4proto { tcp, udp } th dport { 53, 853, 5353, 5355 } counter name asked
  }
}
RULES
exec "$@"`

t.test('DNS-09 no part but tor sends a packet to a port of DNS, whatever it is asked for', { skip }, async t => {
  const lab = await openLab()
  t.teardown(() => lab.close())
  const cordon = await Cordon.create()
  t.teardown(() => cordon.close())
  const installed = join(cordon.directory, 'installed')
  await writeFile(installed, '1.0\n')
  // Names wherever the configuration takes one.
  const configuration = {
    apps: { mail: {}, more: { dns: { resolver: 'tls://resolver.example' } } },
    telemetry: { collector: 'https://bulk.example/v1/traces' },
    updates: {
      products: {
        page: { kind: 'json', address: 'https://check.example/', path: '/tls', installed: { file: installed } },
      },
    },
  }
  await writeFile(cordon.configurationFile, JSON.stringify(configuration))
  const inNamespace = ['unshare', '--net', '--', 'sh', '-c', SETUP, 'sh', process.execPath]
  const up = cordon.startUnder(inNamespace, 'up', '--lab', '--lab-dir', lab.directory)
  await until('readiness', async () => (await cordon.status()).state === 'ready', 180_000)
  const inside = async (...command: readonly string[]): Promise<Run> =>
    await finish(spawn('nsenter', [`--net=/proc/${up.pid}/ns/net`, '--', ...command], { stdio: 'pipe' }))
  const countPackets = async (): Promise<number> =>
    Number(
      /packets (\d+)/.exec((await inside('nft', 'list', 'counter', 'inet', 'names', 'asked')).out)?.[1] ?? Number.NaN,
    )

  const { apps } = await cordon.status()
  const appOf = (id: string) => apps.find(app => app.id === id)
  const dig = async (app: string, ...words: readonly string[]): Promise<string> =>
    (await inside('dig', '@127.0.0.1', '-p', `${appOf(app)?.dnsPort}`, '+tries=1', '+time=40', ...words)).out
  const proxy = `socks5h://127.0.0.1:${appOf('mail')?.port}`
  const [four, types, page] = await Promise.all([
    dig('mail', 'four.dns.example'),
    dig('more', '+tcp', 'types.dns.example', 'MX'),
    inside('curl', '-sS', '-m', '60', '-k', '-x', proxy, 'https://check.example/'),
    ...['missing.dns.example', 'printer.local', 'router', 'localhost'].map(name => dig('mail', name)),
    ...['198.51.100.4', '192.168.1.1', '2001:db8::6'].map(address => dig('mail', '-x', address)),
    ...[['clock', 'sync'], ['doctor']].map(command => cordon.run(...command)),
  ])
  t.match(four, /\t198\.51\.100\.4\n/)
  t.match(types, 'status: NOERROR')
  t.match(page, { status: 0 })
  // A check waits for a clock that is right.
  await until('a trusted clock', async () => (await cordon.status()).clock.state === 'trusted', 180_000)
  await cordon.run('updates', 'check')
  for (const id of Object.values(OWN_APPS)) {
    await until(`streams of ${id}`, async () => {
      const app = (await cordon.status()).apps.find(one => one.id === id)
      return (app?.bytesWritten ?? 0) > 0
    })
  }
  t.equal(await countPackets(), 0)

  await inside('dig', '@192.0.2.1', '+tries=1', '+time=1', 'a.example')
  const asked = await countPackets()
  t.ok(asked > 0, 'a question in the clear is counted')
  await inside('dig', '@192.0.2.1', '-p', '853', '+tcp', '+tries=1', '+time=1', 'a.example')
  t.ok((await countPackets()) > asked, 'over TCP too')
})
