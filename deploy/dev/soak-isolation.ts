/**
 * Opens streams of several apps through one Cordon on the lab for long, with the auditor on, and renews them at random.
 *
 * Before that, ISO-01, ISO-02, ISO-03 and ISO-07 are repeated, each time with credentials that nobody has used. A report
 * and no test: it prints descriptors and memory of the gateway and what the auditor saw, and ends with 1 if isolation was not
 * held. Destinations, keys and renewals follow a seed, which is printed. Uses the lab that CORDON_TEST_LAB names, or
 * starts one.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Audit, type Circuits, layOutRuntime } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import type { AppId } from '@cordon/shared/isolation'
import { openControlConnection } from '@cordon/shared/runtime/edge'
import { parseTarget } from '@cordon/shared/socks'
import { dialAppPort } from '@cordon/shared/through-tor/edge'
import { getConf } from '@cordon/shared/tor-control'
import { until } from '../../shared/test/until.ts'
import { CordonUnderTest } from './cordon-under-test.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    /** How often each scenario is repeated. */
    rounds: { type: 'string', default: '20' },
    isolation: { type: 'boolean', default: true },
  },
})
const APPS = ['mail', 'chat', 'news', 'shop'] as const
/** Two that answer, one that has no address, one that refuses. */
const SITES = [
  { host: 'check.example', port: 80, path: '/' },
  { host: 'bulk.example', port: 80, path: '/20000' },
  { host: 'missing.example', port: 80, path: '/' },
  { host: 'check.example', port: 9, path: '/' },
] as const
const ROUNDS = Number(values.rounds)
const DEADLINE_MS = 40_000
/** The least that tor takes. */
const DIRTINESS_S = 10
/** More that wait at a time are too many for the machine, and are left out. */
const MOST_OPEN = 400
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Mulberry32: enough for a choice, and the same from the same seed. */
let state = Number(values.seed)
const choose = (count: number): number => {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) % count
}

say(`seed ${values.seed}, ${values.minutes} minutes, ${values.rate} connections a second`)
const cordon = await CordonUnderTest.start('services: [dns, clock, updates]\n')
const layout = layOutRuntime(join(cordon.directory, 'r'))
const outcomes = { asked: 0, succeeded: 0, refused: 0, failed: 0, leftOut: 0 }
try {
  for (const app of APPS) await cordon.add(app)
  const pid = await cordon.pidOf('gateway')
  const broken = (await repeatScenarios()) + (await repeatDirtiness())
  report('begin', pid)
  const end = performance.now() + Number(values.minutes) * 60_000
  let [next, reported] = [performance.now(), performance.now()]
  const open = new Set<Promise<void>>()
  while (performance.now() < end) {
    next += 1000 / Number(values.rate)
    if (open.size < MOST_OPEN) {
      const one = fetchOne(choose(APPS.length), `user${choose(3)}`, SITES[choose(SITES.length)] ?? SITES[0])
      open.add(one)
      void one.then(() => open.delete(one))
    } else outcomes.leftOut += 1
    if (choose(2000) === 0) void cordon.cordon('renew', APPS[choose(APPS.length)] ?? 'mail')
    if (performance.now() - reported > 60_000) {
      reported = performance.now()
      report(JSON.stringify(outcomes), pid)
    }
    await wait(Math.max(0, next - performance.now()))
  }
  await Promise.all(open)
  report(`end: ${JSON.stringify(outcomes)}`, pid)
  for (const app of APPS) await cordon.cordon('renew', app)
  await until('no stream to be open', async () => (await cordon.status()).apps.every(({ streams }) => streams === 0))
  report('idle, with all circuits closed', pid)
  const audit = JSON.parse((await cordon.cordon('audit', '--json')).stdout) as Audit
  const matched = audit.streamsSeen - audit.streamsUnmatched
  say(`verdict ${audit.verdict}, ${audit.violationsSeen} violations, ${broken} of the scenarios broken`)
  say(
    `streams: ${audit.streamsOpened} sent, ${matched} matched, ${audit.streamsUnmatched} unmatched, ${audit.streamsUntold} untold`,
  )
  process.exitCode = audit.verdict === 'held' && broken === 0 ? 0 : 1
} finally {
  await cordon.close()
}

/** Ask for one page as `user` of an app, and count how it ended. */
async function fetchOne(app: number, user: string, { host, port, path }: (typeof SITES)[number]): Promise<void> {
  outcomes.asked += 1
  try {
    const socket = await dialAppPort({
      appSocket: layout.appSocket((APPS[app] ?? APPS[0]) as AppId),
      credentials: { user: Buffer.from(user), password: Buffer.from('x') },
      target: parseTarget(host),
      port,
      deadlineMs: DEADLINE_MS,
    })
    socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error('nothing came')))
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
    let [bytes, head] = [0, '']
    for await (const chunk of socket) {
      bytes += (chunk as Buffer).length
      if (head.length < 16) head += (chunk as Buffer).toString('latin1', 0, 16)
    }
    outcomes[bytes > 0 && head.startsWith('HTTP/1.1 200') ? 'succeeded' : 'failed'] += 1
  } catch (cause) {
    // What a renewal cuts has failed; what tor or the site does not want is refused.
    outcomes[cause instanceof Fault && cause.code === 'VIA_REFUSED' ? 'refused' : 'failed'] += 1
  }
}

/** ISO-01, ISO-02, ISO-07: return how many rounds were not as they must be. */
async function repeatScenarios(): Promise<number> {
  let broken = 0
  for (let round = 0; round < ROUNDS; round++) {
    const faults: string[] = []
    for (const app of APPS) await cordon.cordon('renew', app)
    for (let n = 0; n < 10; n++) for (const app of [0, 1]) await fetchOne(app, `round${round}`, SITES[0])
    // The same credentials in two apps, and others within one.
    for (const app of [2, 3]) for (const user of ['a', 'b']) await fetchOne(app, `${user}${round}`, SITES[0])
    const circuits = await cordon.circuits()
    const groups = APPS.map(app => groupsOf(circuits, app))
    if (groups.some((one, at) => groups.some((other, to) => at < to && [...one].some(group => other.has(group)))))
      faults.push('ISO-01')
    if (groups.slice(0, 2).some(({ size }) => size < 1 || size > 5)) faults.push('ISO-02')
    if (groups.slice(2).some(({ size }) => size < 2)) faults.push('ISO-07')
    if (faults.length > 0) {
      broken += 1
      say(`round ${round}: ${faults.join(', ')}; circuits of each app: ${groups.map(({ size }) => size).join(', ')}`)
    }
  }
  say(`ISO-01, ISO-02, ISO-07: ${ROUNDS - broken} of ${ROUNDS} rounds as they must be`)
  return broken
}

/** ISO-03: return how many times an app was on the circuits that it had before tor's limit, of `ROUNDS` times. */
async function repeatDirtiness(): Promise<number> {
  const torrc = join(cordon.directory, 'torrc')
  await writeFile(torrc, `MaxCircuitDirtiness ${DIRTINESS_S}\n`)
  const control = await openControlConnection({
    socketPath: layout.torControlSocket,
    onEvent: () => {},
    onClose: () => {},
  })
  await until('tor to follow', async () => {
    const { lines } = await control.send(getConf(['MaxCircuitDirtiness']))
    return lines[0]?.text.endsWith(`=${DIRTINESS_S}`) === true
  })
  let [times, broken] = [0, 0]
  let before: readonly ReadonlySet<string>[] = APPS.map(() => new Set())
  while (times < ROUNDS) {
    for (const [at] of APPS.entries()) await fetchOne(at, 'dirty', SITES[0])
    const circuits = await cordon.circuits()
    const now = APPS.map(app => groupsOf(circuits, app))
    for (const [at, groups] of now.entries()) {
      const old = before[at] ?? new Set()
      if (old.size === 0) continue
      times += 1
      // Those of before that are still open would be listed too, were they not used up: what counts is something new.
      if ([...groups].every(group => old.has(group))) broken += 1
    }
    before = now
    await wait((DIRTINESS_S + 2) * 1000)
  }
  control.close()
  await rm(torrc)
  say(`ISO-03: ${times - broken} of ${times} times new circuits after the limit`)
  return broken
}

function groupsOf({ apps }: Circuits, app: string): ReadonlySet<string> {
  return new Set(apps.find(({ id }) => id === app)?.circuits.map(({ group }) => group))
}

function report(what: string, pid: number): void {
  const descriptors = readdirSync(`/proc/${pid}/fd`).length
  const [, rss = '?'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  say(`${what}; gateway: ${descriptors} descriptors, ${rss} KiB`)
}
