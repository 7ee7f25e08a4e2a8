import type { Audit, Circuits } from '@cordon/shared/contracts'
import t from 'tap'
import { CordonUnderTest, run } from '../../../deploy/dev/cordon-under-test.ts'
import { ask, Client } from '../gateway-under-test.ts'

/** What the site saw of one request. */
interface Sighting {
  readonly remoteAddress: string
}

async function fetchThrough(proxy: string, ...more: string[]): Promise<Sighting> {
  const { status, stdout, stderr } = await run('curl', [
    '-sS',
    '-m',
    '40',
    '-x',
    proxy,
    ...more,
    'http://check.example/',
  ])
  if (status !== 0) throw new Error(`curl ${status}: ${stderr}`)
  return JSON.parse(stdout) as Sighting
}

const socks = (port: number, user = ''): string => `socks5h://${user === '' ? '' : `${user}@`}127.0.0.1:${port}`

/** The circuits of an app: every leg, and what counts as one for isolation. */
function circuitsOf({ apps }: Circuits, app: string): { ids: Set<string>; groups: Set<string> } {
  const own = apps.find(({ id }) => id === app)?.circuits ?? []
  return { ids: new Set(own.map(({ id }) => id)), groups: new Set(own.map(({ group }) => group)) }
}

const shared = (a: Set<string>, b: Set<string>): string[] => [...a].filter(one => b.has(one))

t.setTimeout(300_000)

const cordon = await CordonUnderTest.start()
t.teardown(() => cordon.close())

t.test(
  'ISO-01, ISO-02 two apps, one destination, 20 interleaved connections each: disjoint circuits, each app reusing its own',
  async t => {
    const ports = [await cordon.add('mail'), await cordon.add('browser')]
    const exits: Set<string>[] = [new Set(), new Set()]
    for (let round = 0; round < 20; round++) {
      for (const [at, port] of ports.entries()) exits[at]?.add((await fetchThrough(socks(port))).remoteAddress)
    }
    const circuits = await cordon.circuits()
    const [mail, browser] = [circuitsOf(circuits, 'mail'), circuitsOf(circuits, 'browser')]
    t.same(shared(mail.ids, browser.ids), [], 'no circuit in both')
    t.same(shared(mail.groups, browser.groups), [], 'no conflux set in both')
    // Tor builds a few while the first stream waits, and more on a busy machine, but never one for each connection.
    t.ok(mail.groups.size <= 5, `20 connections of mail on ${mail.groups.size} circuits`)
    t.ok(browser.groups.size <= 5, `20 connections of browser on ${browser.groups.size} circuits`)
    for (const { circuits: own } of circuits.apps)
      for (const { hops } of own) t.ok(hops.length >= 3, 'three hops at least')
    for (const [at, { groups }] of [mail, browser].entries()) {
      t.ok(
        (exits[at]?.size ?? 9) <= groups.size,
        'the site sees one app from the exits of its own circuits and no more',
      )
    }
  },
)

t.test('ISO-07 no credentials, empty ones, and the same ones in two apps never share a circuit', async t => {
  const ports = [await cordon.add('one'), await cordon.add('two')]
  // A fresh credential a round: what it lands on is told apart by what is new in the app's circuits.
  for (const user of ['', ':', 'alice:', 'alice:secret', 'alic:esecret']) {
    for (const port of ports) await fetchThrough(socks(port, user))
  }
  const circuits = await cordon.circuits()
  const [one, two] = [circuitsOf(circuits, 'one'), circuitsOf(circuits, 'two')]
  t.same(shared(one.groups, two.groups), [])
  t.same(shared(one.ids, two.ids), [])
  t.equal(one.groups.size, 5, 'five different credentials, five circuits')
  t.equal(two.groups.size, 5)
})

t.test('the presets host and stream isolate by destination and by stream', async t => {
  const host = await cordon.add('byhost', '--isolate', 'host')
  const stream = await cordon.add('bystream', '--isolate', 'stream')
  for (const site of ['http://check.example/', 'http://check.example/', 'http://bulk.example/10']) {
    for (const port of [host, stream]) await run('curl', ['-sS', '-m', '40', '-x', socks(port), site])
  }
  const circuits = await cordon.circuits()
  t.equal(circuitsOf(circuits, 'byhost').groups.size, 2)
  t.equal(circuitsOf(circuits, 'bystream').groups.size, 3)
})

t.test(
  'with enough connections the site sees an app from more than one exit, which is no proof but agrees',
  async t => {
    const port = await cordon.add('many')
    const exits = new Set<string>()
    for (let n = 0; n < 24 && exits.size < 2; n++)
      exits.add((await fetchThrough(socks(port, `user${n}:x`))).remoteAddress)
    t.ok(exits.size >= 2, [...exits].join(' '))
  },
)

t.test('renew gives one app new circuits at once, ends its streams, and leaves the other app alone', async t => {
  const ports = [await cordon.add('left'), await cordon.add('right')]
  for (const port of ports) await fetchThrough(socks(port))
  const held = new Client({ port: ports[1] ?? 0 }).send(ask('echo.example', { port: 7 }))
  await held.take(12)
  const before = await cordon.circuits()
  for (const turn of ['left', 'left']) {
    const renewed = await cordon.cordon('renew', turn, '--json')
    t.equal(renewed.status, 0)
    await fetchThrough(socks(ports[0] ?? 0))
  }
  const after = await cordon.circuits()
  t.same(shared(circuitsOf(before, 'left').ids, circuitsOf(after, 'left').ids), [], 'left has new circuits')
  t.equal(circuitsOf(after, 'left').groups.size, 1, 'and the old ones are closed')
  t.same(circuitsOf(after, 'right').groups, circuitsOf(before, 'right').groups, 'right has its old ones')
  held.send('still here')
  t.equal(await held.take(10), Buffer.from('still here').toString('hex'), 'and its open stream')
  held.socket.destroy()
  t.equal(after.apps.find(({ id }) => id === 'left')?.nymEpoch, 2)
})

t.test('an onion service is reached through an app port, and its circuits are the app’s own', async t => {
  const onion = (await cordon.status()).lab?.onion
  const port = await cordon.add('onion', '--onion-only')
  const { status, stdout } = await run('curl', ['-sS', '-m', '40', '-x', socks(port), `http://${onion}/`])
  t.equal(status, 0)
  t.match(JSON.parse(stdout), { headers: [['Host', onion]] })
  const refused = await run('curl', ['-sS', '-x', socks(port), 'http://check.example/'])
  t.match(refused.stderr, /\(2\)/, 'RFC 1928: not allowed by ruleset')
})

t.test('RES-01 200 isolation keys at once: all succeed, and no two share a circuit', async t => {
  const port = await cordon.add('crowd')
  const sightings = await Promise.all(Array.from({ length: 200 }, (_, n) => fetchThrough(socks(port, `key${n}:x`))))
  t.equal(sightings.length, 200)
  const { groups } = circuitsOf(await cordon.circuits(), 'crowd')
  t.ok(groups.size >= 200, `${groups.size} circuits or conflux sets`)
})

t.test('TOR-05 tor’s own answers reach the app: refused, not found, bad onion address', async t => {
  const port = await cordon.add('codes', '--extended-errors')
  const tor = `socks5h://bare:tor@localhost${cordon.directory}/r/tor/socks.sock`
  const codeOf = async (proxy: string, url: string): Promise<string> => {
    const { stderr } = await run('curl', ['-sS', '-m', '40', '-x', proxy, url])
    return /\((\d+)\)\s*$/.exec(stderr.trim())?.[1] ?? stderr
  }
  const bad = `http://${'a'.repeat(56)}.onion/`
  for (const url of ['http://check.example:9/', 'http://missing.example/', bad]) {
    t.equal(await codeOf(socks(port), url), await codeOf(tor, url), url)
  }
  t.equal(await codeOf(socks(port), bad), String(0xf6), 'bad onion address')
  t.equal(await codeOf(socks(port), 'http://missing.example/'), '4', 'host unreachable')
})

t.test('ISO-01 after all of this the auditor saw every stream and nothing shared', async t => {
  const { status, stdout } = await cordon.cordon('audit', '--json')
  const audit = JSON.parse(stdout) as Audit
  t.equal(status, 0)
  t.match(audit, { verdict: 'held', violations: [], streamsUnmatched: 0, streamsUntold: 0 })
  t.ok(audit.streamsSeen > 250, `${audit.streamsSeen} streams`)
})
