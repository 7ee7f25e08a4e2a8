import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ClockStatus, layOutRuntime, OWN_APPS, type TimePools } from '@cordon/shared/contracts'
import t from 'tap'
import { CordonUnderTest, run } from '../../../../deploy/dev/cordon-under-test.ts'
import { until } from '../../../../shared/test/until.ts'
import { GatewayClient } from '../../src/edge/gateway-client.ts'
import { type KeeperUnderTest, openKeeper } from '../keeper-under-test.ts'

t.setTimeout(600_000)
const cordon = await CordonUnderTest.start('services: [clock]\napps: { mail: {}, bank: { hold: clock } }\n')
t.teardown(() => cordon.close())
const { lab } = await cordon.status()
const authority = await readFile(lab?.authority ?? '', 'latin1')
const layout = layOutRuntime(join(cordon.directory, 'r'))
const appSocket = layout.appSocket(OWN_APPS.clock)

const MINUTE = 60_000
const DAY = 86_400_000
const YEAR = 365 * DAY

/** Three pools of three of the lab's sources; each behaves as its word says. */
function pools(alpha: string, beta = alpha, gamma = alpha): TimePools {
  let number = 0
  const sources = (behaviour: string) =>
    [1, 2, 3].map(() => {
      number += 1
      const [first = '', ...others] = behaviour.split('|')
      // `first|others`: only the first source of the pool behaves like the first word.
      const how = number % 3 === 1 || others.length === 0 ? first : (others[0] ?? '')
      return { operator: `lab-${number}`, url: `https://t${number}.time.example/?${how}` }
    })
  return { alpha: sources(alpha), beta: sources(beta), gamma: sources(gamma) }
}

/** On a busy machine sources fail that should not; a round that ended so is run again, as the service does. */
const ROUNDS = 4

type Judge = (status: ClockStatus) => boolean

/** Whether a round ended as one does whose sources cannot be reached. */
const isPoolFailed: Judge = ({ decision }) => decision.verdict === 'refused' && decision.reason === 'pool-failed'

const sync = async (
  { keeper }: KeeperUnderTest,
  isLuck: Judge,
  confirm = async (): Promise<void> => {},
): Promise<ClockStatus> => {
  for (let round = 1; ; round += 1) {
    await keeper.sync({ reason: 'start', signal: new AbortController().signal, confirm })
    const status = { ...keeper.status(), nextSeconds: null }
    if (round === ROUNDS || !isLuck(status)) return status
  }
}

/** A clock, its sources and its window, and the round that came of them. */
interface Scenario {
  readonly under: KeeperUnderTest
  readonly status: ClockStatus
}

const begin = async (
  wishes: Omit<Parameters<typeof openKeeper>[1], 'appSocket'>,
  isLuck = isPoolFailed,
): Promise<Scenario> => {
  const under = await openKeeper(t, { appSocket, authorities: [authority], ...wishes })
  return { under, status: await sync(under, isLuck) }
}

const BROKEN: readonly [behaviour: string, reason: RegExp | string][] = [
  ['date=', 'date-missing'],
  ['date=Sun,+06+Nov+1994+08:49:37+GM', 'date-malformed'],
  ['date=Sunday,+06-Nov-94+08:49:37+GMT', 'date-malformed'],
  ['date=Sun,+06+Nov+1994+08:49:37+GMT&date=Sun,+06+Nov+1994+08:49:38+GMT', 'date-twice'],
  ['age=3', 'cached'],
  // The second where a circuit is so slow that it is asked once in its round.
  ['date=Thu,+01+Jan+1970+00:00:00+GMT', /^date-(disagrees|frozen)$/],
  ['do=endless-head', 'VIA_ANSWER_INVALID'],
  ['do=reset', 'VIA_CUT_SHORT'],
  ['do=trickle', 'VIA_TOO_LATE'],
]

function brokenPools(): TimePools {
  const source = (at: number) => ({ operator: `lab-${at}`, url: `https://t${at + 1}.time.example/?${BROKEN[at]?.[0]}` })
  return { a: [0, 1, 2].map(source), b: [3, 4, 5].map(source), c: [6, 7, 8].map(source) }
}

/** What a source fails with whose circuit is slow to come, whatever it would have answered. */
const OF_THE_WAY: ReadonlySet<string | null> = new Set(['VIA_TOO_LATE', 'VIA_REFUSED', 'VIA_TLS_FAILED'])

const reasonOf = (operator: string): RegExp | string => BROKEN[Number(operator.slice(4))]?.[1] ?? ''

/** Whether a source was not reached, so that it could not show what is wrong with it. */
const isUnreached: Judge = ({ sources }) =>
  sources.some(({ operator, reason }) => OF_THE_WAY.has(reason) && reason !== reasonOf(operator))

const { consensus, circuitEstablished } = await new GatewayClient(layout.gatewaySocket).readClock()
if (consensus === null) throw new Error('tor has no consensus')
const LIVE = { validAfterMs: Date.parse(consensus.validAfter), validUntilMs: Date.parse(consensus.validUntil) }
const LIE = `offset=${50 * MINUTE}`
const [BEHIND, AHEAD] = [{ shiftMs: -DAY }, { shiftMs: DAY, settings: { allowBackward: true } }]

// A round waits most of its time, so some go at once; all at once would be a hundred new circuits.
const [behind, ahead, year, outside] = await Promise.all([
  begin({ pools: pools(''), ...BEHIND }),
  begin({ pools: pools(''), ...AHEAD }),
  begin({ pools: pools('', '', `offset=${YEAR}`), shiftMs: -MINUTE }),
  begin({ pools: pools(`offset=${20 * MINUTE}`), window: LIVE }),
])
const [poolFails, oneFails, broken] = await Promise.all([
  begin({ pools: pools('', 'date=', ''), shiftMs: -MINUTE }, () => false),
  begin({ pools: pools('', 'date=|', ''), shiftMs: -MINUTE }),
  begin({ pools: brokenPools(), shiftMs: -MINUTE }, isUnreached),
])
let asleepMs = 0
/** A clock of a machine that sleeps an hour between the end of a round and what is made of it. */
const sleep = async (): Promise<Scenario> => {
  const more = { readAsleep: () => asleepMs }
  const under = await openKeeper(t, { appSocket, authorities: [authority], pools: pools(''), ...BEHIND, more })
  const fallAsleep = async (): Promise<void> => {
    asleepMs = 60 * MINUTE
  }
  return { under, status: await sync(under, isPoolFailed, fallAsleep) }
}

const [odd, colluding, slow, asleep] = await Promise.all([
  begin({ pools: pools('do=redirect', 'do=gzip', 'do=close'), shiftMs: -MINUTE }),
  begin({ pools: pools(LIE, LIE, '') }),
  begin({ pools: pools('out=700&back=300', 'out=100&back=400', 'out=200&back=100&jitter=300') }),
  sleep(),
])

t.test('CLK-01 a clock that is off by a day to either side is corrected to 2 s', async t => {
  for (const { under, status } of [behind, ahead]) {
    const { state, decision, sources, boundMs } = status
    t.equal(state, 'trusted')
    t.equal(decision.verdict, 'stepped')
    t.equal(under.clock.steps.length, 1)
    t.ok(Math.abs(under.clock.shiftMs) < 2000, `left: ${under.clock.shiftMs} ms`)
    t.ok(Math.abs(under.clock.shiftMs) <= (boundMs ?? 0) + 30, 'within the bound')
    t.ok(sources.every(({ verdict }) => verdict !== 'falseticker'))
  }
})

t.test('CLK-02 one pool that lies by a year is outvoted, and named', async t => {
  const { under, status } = year
  t.equal(status.decision.verdict, 'stepped')
  t.ok(Math.abs(under.clock.shiftMs) < 2000)
  const named = status.sources.filter(({ verdict }) => verdict === 'falseticker')
  t.ok(named.length > 0)
  t.ok(named.every(({ pool }) => pool === 'gamma'))
})

t.test('CLK-03 a majority outside of the live consensus of the lab moves nothing', async t => {
  t.ok(circuitEstablished)
  t.ok(LIVE.validAfterMs <= Date.now(), 'the consensus is of now')
  t.match(outside.status, { state: 'untrusted', decision: { verdict: 'refused', reason: 'outside-consensus' } })
  t.same(outside.under.clock.steps, [])
})

t.test('CLK-04 a pool of which too much fails ends the round', async t => {
  t.match(poolFails.status.decision, { verdict: 'refused', reason: 'pool-failed' })
  t.same(poolFails.under.clock.steps, [])
  const { decision, sources } = oneFails.status
  t.equal(decision.verdict, 'stepped', 'one of three may')
  const failed = sources.filter(({ verdict }) => verdict === 'failed')
  t.ok(failed.some(({ pool, reason }) => pool === 'beta' && reason === 'date-missing'))
})

t.test('CLK-06 and bad input: each source fails with its reason, and the clock stays', async t => {
  t.match(broken.status.decision, { verdict: 'refused', reason: 'pool-failed' })
  for (const { operator, reason } of broken.status.sources) {
    t.match(reason, reasonOf(operator), operator)
  }
  t.same(broken.under.clock.steps, [])
})

t.test('redirects, compression and connections that end are no trouble', async t => {
  t.equal(odd.status.decision.verdict, 'stepped', JSON.stringify(odd.status.sources))
  t.ok(Math.abs(odd.under.clock.shiftMs) < 2000)
})

t.test('two of three pools that collude by 50 minutes inside the window move nothing', async t => {
  t.match(colluding.status.decision, { verdict: 'refused', reason: 'pools-split' })
  t.same([colluding.under.clock.steps, colluding.under.clock.slews], [[], []])
})

t.test('what a round found before the machine slept moves nothing after it', async t => {
  t.match(asleep.status.decision, { verdict: 'refused', reason: 'slept' })
  t.same([asleep.under.clock.steps, asleep.under.clock.slews], [[], []])
})

t.test('slow sources of uneven ways stay within the bound', async t => {
  const { offsetMs, boundMs, state } = slow.status
  t.equal(state, 'trusted')
  t.ok(Math.abs(offsetMs ?? 1e9) <= (boundMs ?? 0), `${offsetMs} ± ${boundMs} ms`)
  t.ok((boundMs ?? 0) >= 150, 'never below half of the least round trip')
})

t.test(
  'ENF-14, TOR-07 the service itself: trusted after its first round, and only then apps that wait may pass',
  async t => {
    const runRound = () => cordon.cordon('clock', 'sync', '--json')
    let ran = await runRound()
    for (let round = 1; round < ROUNDS && ran.status !== 0; round += 1) ran = await runRound()
    t.equal(ran.status, 0, ran.stderr)
    const status = JSON.parse(ran.stdout) as ClockStatus
    t.equal(status.state, 'trusted')
    t.equal(status.sources.length, 9)
    t.equal(status.discipline.by, 'report')
    t.match(status.discipline.why, /lab/, 'nobody in a lab moves the real clock')
    // The gateway is told by the clock, now or at its next look.
    await until('the gateway to know', async () => (await cordon.status()).clock.state === 'trusted')
    t.equal((await cordon.status()).apps.find(({ id }) => id === 'bank')?.waitsFor, null)
  },
)

t.test('ISO-11 the clock asks by its own port alone, on circuits of no other app', async t => {
  const port = (await cordon.status()).apps.find(({ id }) => id === 'mail')?.port ?? 0
  const fetched = await run('curl', ['-sS', '-x', `socks5h://127.0.0.1:${port}`, 'http://check.example/'])
  t.equal(fetched.status, 0, fetched.stderr)
  await cordon.cordon('clock', 'sync', '--json')
  const { apps } = await cordon.circuits()
  const groups = (id: string): Set<string> =>
    new Set(apps.find(app => app.id === id)?.circuits.map(({ group }) => group) ?? [])
  const own = groups(OWN_APPS.clock)
  t.ok(own.size >= 9, 'one identity a source')
  t.ok(groups('mail').size > 0)
  for (const group of groups('mail')) t.notOk(own.has(group))
})
