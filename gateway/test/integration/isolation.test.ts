import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Audit, Circuits } from '@cordon/shared/contracts'
import { type ControlConnection, openControlConnection } from '@cordon/shared/runtime/edge'
import { getConf, parseGetConf, type StreamEvent, setConf, setEvents } from '@cordon/shared/tor-control'
import t, { type Test } from 'tap'
import { CordonUnderTest, run } from '../../../deploy/dev/cordon-under-test.ts'
import { ask, Client, until } from '../gateway-under-test.ts'

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

/** The circuit that an open stream of an app is on. */
const circuitUnder = ({ apps }: Circuits, app: string): string | undefined =>
  apps.find(({ id }) => id === app)?.streams[0]?.circuit ?? undefined

const shared = (a: Set<string>, b: Set<string>): string[] => [...a].filter(one => b.has(one))

t.setTimeout(300_000)

/** Stands in for the program that shows notices on a desktop, and writes down what it is told. */
const scratch = await mkdtemp(join(tmpdir(), 'cordon-iso-'))
t.teardown(() => rm(scratch, { recursive: true, force: true }))
const notice = join(scratch, 'notice')
await writeFile(
  join(scratch, 'notify-send'),
  `#!/bin/sh\nprintf '%s\\n' "$@" > ${notice}.new && mv ${notice}.new ${notice}\n`,
  {
    mode: 0o755,
  },
)
const cordon = await CordonUnderTest.start('', {
  ...process.env,
  PATH: `${scratch}:${process.env['PATH']}`,
})
t.teardown(() => cordon.close())
const { layout } = cordon
const CHECKER = fileURLToPath(new URL('../../../deploy/check-proof.mjs', import.meta.url))

/** A control connection that is not the gateway's, as a person with another program has one. */
async function openControl(t: Test, onStream: (event: StreamEvent) => void = () => {}): Promise<ControlConnection> {
  const control = await openControlConnection({
    socketPath: layout.torControlSocket,
    onEvent: event => {
      if (event.type === 'stream') onStream(event)
    },
    onClose: () => {},
  })
  t.teardown(() => control.close())
  return control
}

/**
 * Note what carries streams from now on. Tor may build more circuits than it uses, on a busy machine above all: what
 * counts is what carried a stream. Gives, for the first `count` streams in their order, what counts as one circuit.
 */
async function watchCarriers(t: Test): Promise<(count: number) => Promise<readonly string[]>> {
  const carried: string[] = []
  const control = await openControl(t, ({ status, circuit }) => {
    if (status === 'SUCCEEDED' && circuit !== undefined) carried.push(circuit)
  })
  await control.send(setEvents(['STREAM']))
  return async count => {
    await until(`${count} streams`, () => carried.length >= count)
    const { apps } = await cordon.circuits()
    const groups = new Map(apps.flatMap(({ circuits }) => circuits.map(({ id, group }) => [id as string, group])))
    return carried.slice(0, count).map(id => groups.get(id) ?? id)
  }
}

/** Have the record of the audit written, and judged by the checker. */
async function checkProof(name: string): Promise<{ audit: number; checker: number; word: string; said: string }> {
  const file = join(scratch, name)
  const { status } = await cordon.cordon('audit', '--proof', file)
  t.equal((await stat(file)).mode & 0o777, 0o600, 'the record is this user’s alone')
  const checked = await run(process.execPath, [CHECKER, file])
  return { audit: status, checker: checked.status, word: checked.stdout.split('\n')[0] ?? '', said: checked.stdout }
}

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
    t.ok(mail.groups.size < 20, `20 connections of mail on ${mail.groups.size} circuits`)
    t.ok(browser.groups.size < 20, `20 connections of browser on ${browser.groups.size} circuits`)
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
  const carriers = await watchCarriers(t)
  for (const user of ['', ':', 'alice:', 'alice:secret', 'alic:esecret']) {
    for (const port of ports) await fetchThrough(socks(port, user))
  }
  t.equal(new Set(await carriers(10)).size, 10, 'five different credentials in two apps, ten circuits')
})

t.test('the presets host and stream isolate by destination and by stream', async t => {
  const host = await cordon.add('byhost', '--isolate', 'host')
  const stream = await cordon.add('bystream', '--isolate', 'stream')
  const carriers = await watchCarriers(t)
  for (const port of [host, stream]) {
    for (const site of ['http://check.example/', 'http://check.example/', 'http://bulk.example/10'])
      t.equal((await run('curl', ['-sS', '-m', '40', '-o', '/dev/null', '-x', socks(port), site])).status, 0)
  }
  const [first, again, elsewhere, ...each] = await carriers(6)
  // The first two may share a circuit, and mostly do.
  t.notOk([first, again].includes(elsewhere), 'another host, another circuit')
  t.equal(new Set(each).size, 3, 'a circuit for each stream')
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
  t.ok(circuitsOf(after, 'left').groups.size > 0, 'and the old ones are closed')
  t.ok(circuitUnder(before, 'right'))
  t.equal(circuitUnder(after, 'right'), circuitUnder(before, 'right'), 'right has its old one under its stream')
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

t.test('ISO-03 the same app after the dirtiness limit has new circuits', async t => {
  const port = await cordon.add('aged')
  const control = await openControl(t)
  const limit = async (seconds: string): Promise<void> => {
    await control.send(setConf([['MaxCircuitDirtiness', seconds]]))
  }
  await limit('10') // the least that tor takes
  try {
    await fetchThrough(socks(port))
    const before = circuitsOf(await cordon.circuits(), 'aged')
    t.ok(before.ids.size > 0)
    const isGone = async (): Promise<boolean> => {
      await new Promise(resolve => setTimeout(resolve, 500)) // a look costs more than the wait
      return shared(before.ids, circuitsOf(await cordon.circuits(), 'aged').ids).length === 0
    }
    // Tor looks every now and then: half a minute on the lab.
    await until('tor to let go of them', isGone, 150_000)
    await fetchThrough(socks(port))
    const after = circuitsOf(await cordon.circuits(), 'aged')
    t.ok(after.ids.size > 0)
    t.same(shared(before.groups, after.groups), [])
  } finally {
    await limit('600')
  }
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
  const seen = JSON.parse(stdout) as Audit
  t.equal(status, 0)
  t.match(seen, { verdict: 'held', violations: [], streamsUnmatched: 0, streamsUntold: 0 })
  t.ok(seen.streamsSeen > 250, `${seen.streamsSeen} streams`)
})

t.test('the record of all this is held also for the checker, which shares no code with the auditor', async t => {
  t.match(await checkProof('held'), { audit: 0, checker: 0, word: 'HELD' })
})

t.test(
  'TOR-06 a session group on our SocksPorts and one SocksPort more are seen at the change, and when mended',
  async t => {
    const control = await openControl(t)
    const before = parseGetConf(await control.send(getConf(['SocksPort'])))
    if ('why' in before) throw new Error(before.why)
    const ports = before.map(({ key, value }) => [key, value?.reveal() ?? ''] as const)
    t.teardown(() => control.send(setConf(ports)).catch(() => {}))
    const extra = ['SocksPort', `unix:${join(scratch, 'extra.sock')}`] as const
    for (const [drift, changed] of [
      ['a SocksPort shares a session group', ports.map(([key, value]) => [key, `${value} SessionGroup=7`] as const)],
      ['there is a foreign SocksPort', [...ports, extra]],
    ] as const) {
      t.equal((await control.send(setConf(changed))).status, 250)
      await until(drift, async () => (await cordon.audit()).drift.includes(drift))
      const { verdict, reasons } = await cordon.audit()
      t.match({ verdict, reasons: new Set(reasons) }, { verdict: 'unknown', reasons: new Set([drift]) })
      t.equal((await cordon.cordon('audit')).status, 4, 'isolation is not claimed')
      t.equal((await control.send(setConf(ports))).status, 250)
      await until('what was mended to be seen', async () => (await cordon.audit()).verdict === 'held')
    }
  },
)

t.test('a stranger who takes the credentials of an app: breached everywhere, within the event', async t => {
  t.equal((await cordon.cordon('status')).status, 0)
  t.match(await cordon.audit(), { verdict: 'held' })
  await t.rejects(readFile(notice), { code: 'ENOENT' }, 'nobody was told of anything')
  let told = ''
  const listening = request({ socketPath: layout.gatewaySocket, path: '/v1/events' }, response => {
    response.setEncoding('utf8').on('data', chunk => {
      told += chunk
    })
    response.on('error', () => {})
  })
  listening.on('error', () => {}).end()
  t.teardown(() => listening.destroy())
  await until('the stream of events', () => told !== '')

  let credentials = ''
  const control = await openControl(t, ({ socksUsername, socksPassword }) => {
    credentials ||= [socksUsername, socksPassword].map(one => one?.reveal() ?? '').join(':')
  })
  await control.send(setEvents(['STREAM']))
  const port = await cordon.add('victim')
  await fetchThrough(socks(port))
  await until('the credentials of the app', () => credentials.length > 1)
  await run('curl', [
    '-sS',
    '-m',
    '40',
    '-x',
    `socks5h://${credentials}@localhost${layout.torSocksSocket}`,
    'http://check.example/',
  ])

  await until('the breach', async () => (await cordon.audit()).verdict === 'breached')
  const { violations } = await cordon.audit()
  t.match(violations, [{ kind: 'foreign-stream', apps: ['victim'] }])
  const [said, status] = [await cordon.cordon('audit'), await cordon.cordon('status')]
  t.match(said, {
    status: 5,
    stdout: /isolation is breached[\s\S]*somebody else used the credentials of an app \(victim\)/,
  })
  t.equal(status.status, 5)
  t.equal((await cordon.status()).state, 'breached')
  await until('the event', () => /^event: violation\ndata: .*"kind":"foreign-stream".*"apps":\["victim"\]/m.test(told))
  await until('the new verdict', () => /^event: audit\ndata: .*"verdict":"breached"/m.test(told))
  const shown = await until('the notice', () => readFile(notice, 'utf8').catch(() => undefined))
  t.match(shown, /isolation was breached/)
  t.notMatch(shown, /victim/, 'every program of the session can read a notice')
  const proof = await checkProof('breached')
  t.match(proof, { audit: 5, checker: 5, word: 'BREACHED' })
  t.match(proof.said, /^ {2}somebody else used the credentials of an app$/m, 'seen by the checker itself')
  await until('its circuits to be closed', async () => circuitsOf(await cordon.circuits(), 'victim').ids.size === 0)
  await fetchThrough(socks(port))
  t.equal((await cordon.cordon('audit')).status, 5, 'a breach stays one')
})
