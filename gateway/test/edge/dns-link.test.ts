import { connect, type Socket } from 'node:net'
import type { FromDns, ToDns } from '@cordon/shared/contracts'
import { readJsonLines, writeJsonLine } from '@cordon/shared/runtime/edge'
import t from 'tap'
import { ask, Client, GatewayUnderTest, reply } from '../gateway-under-test.ts'

/** The other side of the link: dns as far as the gateway sees it. */
class DnsUnderTest {
  readonly heard: ToDns[] = []
  readonly socket: Socket
  closed = false

  constructor(path: string) {
    this.socket = connect({ path })
    this.socket
      .on('error', () => {})
      .on('close', () => {
        this.closed = true
      })
    readJsonLines(this.socket, 1_000_000, value => this.heard.push(value as ToDns))
  }

  say(message: FromDns | object): void {
    writeJsonLine(this.socket, message)
  }

  async hear<T extends ToDns['type']>(type: T, count = 1): Promise<Extract<ToDns, { type: T }>> {
    for (;;) {
      const found = this.heard.filter(message => message.type === type)
      if (found.length >= count) return found.at(-1) as Extract<ToDns, { type: T }>
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
}

const open = async (t: Parameters<typeof GatewayUnderTest.open>[0], configuration: string) => {
  const gateway = await GatewayUnderTest.open(t, configuration)
  const dns = new DnsUnderTest(gateway.layout.dnsLinkSocket)
  t.teardown(() => dns.socket.destroy())
  return { gateway, dns }
}

t.test('dns is told the apps at once and at every change', async t => {
  const { gateway, dns } = await open(t, 'apps: { mail: { ipv6: refuse, dns: { virtual: true } }, web: {} }\n')
  const { apps } = await dns.hear('apps')
  t.match(apps, [
    { id: 'mail', nymEpoch: 0, ipv6: false, virtual: true, resolver: null },
    { id: 'web', nymEpoch: 0, ipv6: true, virtual: false, resolver: null },
  ])
  t.equal(apps.length, 2, 'Cordon’s own apps ask no names')
  const { body } = await gateway.api('GET', '/v1/apps')
  t.match(body, { apps: [{ dnsPort: apps[0]?.dnsPort, dnsTrouble: null }] })
  dns.say({ type: 'trouble', app: 'mail', trouble: 'its port is taken' })
  await gateway.api('POST', '/v1/apps', { id: 'chat', settings: { dns: { resolver: 'tls://dns.example' } } })
  t.match((await dns.hear('apps', 2)).apps[0], { id: 'chat', resolver: 'tls://dns.example' })
  const listed = (await gateway.api('GET', '/v1/apps')).body as { apps: { id: string; dnsTrouble: string | null }[] }
  t.equal(listed.apps.find(({ id }) => id === 'mail')?.dnsTrouble, 'its port is taken')
})

t.test('renew waits until dns has acknowledged the new epoch, and goes on without dns', async t => {
  const { gateway, dns } = await open(t, 'apps: { mail: {} }\n')
  const first = await dns.hear('apps')
  dns.say({ type: 'acknowledged', serial: first.serial })
  let renewed = false
  const renewal = gateway.api('POST', '/v1/apps/mail/renew').then(answer => {
    renewed = true
    return answer
  })
  const pushed = await dns.hear('apps', 2)
  t.match(pushed.apps, [{ id: 'mail', nymEpoch: 1 }])
  t.equal(renewed, false, 'it has not answered')
  dns.say({ type: 'acknowledged', serial: pushed.serial })
  t.match(await renewal, { body: { nymEpoch: 1, namesForgotten: true } })
  // One that runs and does not say so: it may still give what it has kept.
  t.match(await gateway.api('POST', '/v1/apps/mail/renew'), { body: { nymEpoch: 2, namesForgotten: false } })
  dns.socket.destroy()
  await new Promise(resolve => dns.socket.once('close', resolve))
  t.match((await gateway.api('POST', '/v1/apps/mail/renew')).body, { nymEpoch: 3, namesForgotten: true }, 'without dns')
})

t.test('a virtual address leads to its name, for its app and its epoch alone', async t => {
  const { gateway, dns } = await open(t, 'apps: { mail: {}, web: {} }\n')
  dns.say({ type: 'give-virtual', serial: 1, app: 'mail', nymEpoch: 0, name: 'hidden.example' })
  const { address } = await dns.hear('virtual')
  t.match(address, /^10\.(19[2-9]|2\d\d)\./)
  const through = async (app: string) => {
    const client = new Client({ port: await gateway.portOf(app) }).send(ask(String(address), { port: 443 }))
    t.teardown(() => client.socket.destroy())
    return (await client.take(12)).slice(4)
  }
  t.equal(await through('mail'), reply(0))
  t.match(gateway.tor.asked.at(-1), { host: 'hidden.example', port: 443 })
  t.equal(await through('web'), reply(2), 'another app: refused before tor')
  t.equal(gateway.tor.asked.length, 1)
  dns.say({ type: 'name-virtual', serial: 2, app: 'mail', nymEpoch: 0, address: String(address) })
  t.equal((await dns.hear('name')).name, 'hidden.example')
  dns.say({ type: 'name-virtual', serial: 3, app: 'web', nymEpoch: 0, address: String(address) })
  t.equal((await dns.hear('name', 2)).name, null)
  const renewal = gateway.api('POST', '/v1/apps/mail/renew')
  dns.say({ type: 'acknowledged', serial: (await dns.hear('apps', 2)).serial })
  await renewal
  t.equal(await through('mail'), reply(2), 'after a renewal: refused')
  dns.say({ type: 'give-virtual', serial: 4, app: 'mail', nymEpoch: 0, name: 'hidden.example' })
  t.equal((await dns.hear('virtual', 2)).address, null, 'a question of an epoch that is over')
  t.equal(gateway.tor.asked.length, 1)
})

t.test('a look-up that prefers IPv6 needs a SocksPort that does', async t => {
  const { gateway } = await open(t, 'apps: { mail: {} }\n')
  const client = new Client({ port: await gateway.portOf('mail') }).send(ask('a.example', { command: 'resolve-ipv6' }))
  t.equal((await client.rest()).slice(4), reply(7), 'this tor has none')
  t.equal(gateway.tor.asked.length, 0)
})

t.test('what dns cannot say ends the link, and the next dns takes its place', async t => {
  const { gateway, dns } = await open(t, 'apps: { mail: {} }\n')
  await dns.hear('apps')
  dns.say({ type: 'give-virtual', serial: 1, app: '../x', nymEpoch: 0, name: 'a.example' })
  await new Promise(resolve => dns.socket.once('close', resolve))
  t.match((await gateway.api('GET', '/v1/apps')).body, { apps: [{ dnsTrouble: 'dns does not run' }] })
  const [second, third] = [0, 1].map(() => new DnsUnderTest(gateway.layout.dnsLinkSocket))
  await third?.hear('apps')
  while (second?.closed !== true) await new Promise(resolve => setTimeout(resolve, 5))
  third?.socket.write('x'.repeat(3000))
  while (third?.closed !== true) await new Promise(resolve => setTimeout(resolve, 5))
})
