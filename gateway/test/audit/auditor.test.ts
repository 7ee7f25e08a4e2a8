import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { AuditorUnderTest, path } from './auditor-under-test.ts'
import { arbitraryBrokenHistory, arbitraryHistory, play } from './random-history.ts'

const begin = (): AuditorUnderTest => new AuditorUnderTest().begin()

t.test('circuits of one key each are held, whoever else uses tor', async t => {
  const audit = begin().build(1).build(2).build(3, 'A')
  audit.open(1, 1, 'mail').open(2, 1, 'mail').open(3, 2, 'chat')
  audit.take('STREAM 9 NEW 0 y:80 SOCKS_USERNAME="stranger"', 'STREAM 9 SENTCONNECT 3 y:80 SOCKS_USERNAME="stranger"')
  t.match(audit.auditor.view, { verdict: 'held', streamsOpened: 3, streamsSeen: 3, circuitsSeen: 3, violations: [] })
  t.same(audit.actions, [])
})

t.test('nothing is claimed before tor was found and looked at', async t => {
  const audit = new AuditorUnderTest()
  t.match(audit.auditor.view, { verdict: 'unknown', reasons: [/control connection/] })
  audit.auditor.adopt([], [])
  t.match(audit.auditor.view, { verdict: 'unknown', reasons: [/configuration has not been looked at/] })
  audit.now = 5000
  audit.auditor.learnDrift([])
  t.match(audit.auditor.view, { verdict: 'held', since: '1970-01-01T00:00:05.000Z', reasons: [] })
})

t.test(
  'credential bleed: a circuit with two keys is a breach within that event, closed with the streams of both',
  async t => {
    for (const [app, key] of [
      ['chat', 'chat'],
      ['mail', 'another'],
    ] as const) {
      const audit = begin().build(1).open(1, 1, 'mail')
      audit.send(app, key)
      audit.take(`STREAM 2 NEW 0 x:80 SOCKS_USERNAME="tag${app}" SOCKS_PASSWORD="${key}"`)
      t.equal(audit.verdict, 'held')
      audit.take(`STREAM 2 SENTCONNECT 1 x:80 SOCKS_USERNAME="tag${app}" SOCKS_PASSWORD="${key}"`)
      t.equal(audit.verdict, 'breached', 'within one event')
      t.match(audit.violations, [{ kind: 'shared', apps: [...new Set([app, 'mail'])].sort(), circuits: 1 }])
      t.match(audit.actions, [{ type: 'close', circuits: ['1'] }])
      t.equal(audit.actions[0]?.type === 'close' && audit.actions[0].pairs.size, 2)
    }
  },
)

t.test('a stranger on an app’s circuit is a breach, also one that sends no credentials', async t => {
  for (const credentials of [
    'SOCKS_USERNAME="x" SOCKS_PASSWORD="y"',
    'CLIENT_PROTOCOL=SOCKS5 ISO_FIELDS=SESSION_GROUP',
  ]) {
    const audit = begin().build(1).open(1, 1, 'mail')
    audit.take(`STREAM 2 NEW 0 x:80 ${credentials}`, `STREAM 2 SENTCONNECT 1 x:80 ${credentials}`)
    t.same(audit.kinds, ['shared'], credentials)
  }
  const own = begin().build(1).open(1, 1, 'mail')
  own.take('STREAM 2 NEW 0 x:80 PURPOSE=DIR_FETCH ISO_FIELDS=', 'STREAM 2 SENTCONNECT 1 x:80 ISO_FIELDS=')
  t.same(own.kinds, [], 'what tor asks for itself is nobody’s')
})

t.test('a key stays with the circuit when its stream is over, and goes with the circuit', async t => {
  const audit = begin().build(1).open(1, 1, 'mail').end(1)
  audit.take('CIRC 1 CLOSED REASON=FINISHED').build(2)
  t.same(audit.open(2, 2, 'chat').kinds, [], 'another circuit')
  t.same(audit.end(2).open(3, 2, 'mail').kinds, ['shared'])
})

t.test('the legs of a conflux set are one circuit, also when one has closed and CLOSED says no set', async t => {
  const linked = (id: number): string =>
    `CIRC_MINOR ${id} PURPOSE_CHANGED ${path('ABC')} PURPOSE=CONFLUX_LINKED CONFLUX_ID=F00D OLD_PURPOSE=CONFLUX_UNLINKED`
  const set = (): AuditorUnderTest =>
    begin().build(1, 'ABC', 'CONFLUX_ID=F00D').build(2, 'BAC', 'CONFLUX_ID=F00D').take(linked(1), linked(2))
  t.same(set().open(1, 1, 'mail').open(2, 2, 'chat').kinds, ['shared'])
  t.same(set().open(1, 1, 'mail').open(2, 2, 'chat').closed, ['1', '2'], 'both legs')
  t.same(set().open(1, 1, 'mail').open(2, 2, 'mail').kinds, [])
  const half = set().open(1, 1, 'mail').end(1).take('CIRC 1 CLOSED REASON=FINISHED')
  t.same(half.open(2, 2, 'chat').kinds, ['shared'], 'the leg that is left remembers')
  const over = half.take('CIRC 2 CLOSED REASON=FINISHED')
  t.match(over.auditor.size, { circuits: 0 })
  const late = begin().build(1).open(1, 1, 'mail').build(2, 'BAC', 'CONFLUX_ID=F00D')
  t.same(late.take(linked(1)).open(2, 2, 'chat').kinds, ['shared'], 'a circuit that joins a set brings its past')
})

t.test('a circuit that was meant for one app and never carried it may carry another', async t => {
  // tor lets go of the isolation of a circuit to which no stream was attached (circuit_clear_isolation).
  const audit = begin().build(1, 'ABC', 'SOCKS_USERNAME="tagmail" SOCKS_PASSWORD="mail"').open(1, 1, 'chat')
  t.same(audit.kinds, [])
})

t.test(
  'hops: three at least, four where the last one is the other side’s choice, and none judged before it is built',
  async t => {
    const kinds = (digits: string, purpose: string): string[] => {
      const audit = begin().take('CIRC 1 LAUNCHED', `CIRC 1 EXTENDED ${path(digits)} PURPOSE=${purpose}`)
      audit.open(1, 1, 'mail')
      t.same(audit.kinds, [])
      return audit.take(`CIRC 1 BUILT ${path(digits)} PURPOSE=${purpose}`).kinds
    }
    t.same(kinds('AB', 'GENERAL'), ['too-short'])
    t.same(kinds('ABC', 'GENERAL'), [])
    t.same(kinds('AB', 'CONFLUX_LINKED'), ['too-short'])
    t.same(kinds('ABC', 'HS_CLIENT_REND'), [])
    t.same(kinds('ABC', 'HS_CLIENT_INTRO'), ['too-short'])
    t.same(kinds('ABCD', 'HS_CLIENT_HSDIR'), [])
    t.same(begin().take('CIRC 1 LAUNCHED', 'CIRC 1 BUILT').open(1, 1, 'mail').kinds, ['too-short'], 'no path at all')
  },
)

t.test('guards: a first hop that tor does not list is asked for, and then a breach', async t => {
  const audit = begin().build(1, 'CAB').open(1, 1, 'mail')
  t.same(audit.actions, [{ type: 'ask-guards' }])
  t.equal(audit.verdict, 'held', 'it may be new')
  audit.auditor.learnGuards(['A'.repeat(40), 'B'.repeat(40)])
  t.same(audit.kinds, ['unknown-guard'])
  const fresh = begin().build(1, 'CAB').open(1, 1, 'mail')
  fresh.auditor.learnGuards(['C'.repeat(40)])
  t.same(fresh.kinds, [])
  t.same(fresh.build(2, 'ABC').open(2, 2, 'chat').kinds, [], 'one that is no longer listed still has its circuits')
  t.same(begin().build(1, 'CAB').actions, [], 'nobody of ours is on it')
})

t.test('a stream with an app’s name that the gateway did not send is a breach', async t => {
  t.same(begin().build(1).told(1, 1, 'mail', 'stolen').kinds, ['foreign-stream'])
  const twice = begin().build(1).open(1, 1, 'mail').told(2, 1, 'mail')
  t.same(twice.kinds, ['foreign-stream'], 'also with credentials that were sent once')
  t.match(twice.auditor.view, { verdict: 'breached', streamsUnmatched: 1 })
  const source = begin().build(1)
  source.auditor.send({ app: 'mail' as never, key: 'mail', pair: 'tagmail\0mail' as never, source: '/r/socks.sock' })
  source.take('STREAM 1 NEW 0 x:80 SOURCE_ADDR=127.0.0.1:5 SOCKS_USERNAME="tagmail" SOCKS_PASSWORD="mail"')
  t.same(source.kinds, ['foreign-stream'], 'by another listener')
})

t.test('a gateway that sends one pair for two keys is a breach before tor is asked', async t => {
  const audit = begin().build(1).open(1, 1, 'mail')
  audit.auditor.send({ app: 'chat' as never, key: 'chat', pair: 'tagmail\0mail' as never, source: undefined })
  t.match(audit.violations, [{ kind: 'reused-key', apps: ['chat', 'mail'] }])
  t.same(audit.closed, ['1'])
})

t.test('a stream that tor opened and never told of makes it unknown, and everything is asked anew', async t => {
  const audit = begin()
  const claim = audit.send('mail')
  claim.answered()
  for (const at of [20_000, 40_000]) {
    audit.now = at
    audit.auditor.tick()
  }
  t.match(audit.auditor.view, { verdict: 'unknown', streamsUntold: 1, reasons: [/did not tell/] })
  t.same(audit.actions, [{ type: 'start-over' }])
})

t.test(
  'a tor that was stopped tells late and is not accused; a stream that ended before it was asked for is forgotten',
  async t => {
    const audit = begin().build(1)
    audit.auditor.tick()
    audit.now = 1000
    audit.send('mail').ended()
    // Nothing answers for an hour, so nothing ticks; then tor wakes up and works through what waits for it.
    audit.now = 3_600_000
    audit.auditor.tick()
    audit.told(1, 1, 'mail')
    t.match(audit.auditor.view, { verdict: 'held', streamsSeen: 1 })
    audit.send('mail').ended()
    for (const at of [3_700_000, 3_800_000]) {
      audit.now = at
      audit.auditor.tick()
    }
    t.match(audit.auditor.size, { waiting: 0 })
    t.equal(audit.verdict, 'held')
  },
)

t.test('a gap: unknown, then held again, and what is older than the view is not reused', async t => {
  const audit = begin().build(1).open(1, 1, 'mail')
  audit.send('chat')
  audit.auditor.lose()
  t.match(audit.auditor.view, { verdict: 'unknown', gaps: 1, reasons: [/control connection/] })
  audit.begin(`1 BUILT ${path('ABC')} SOCKS_USERNAME="tagmail" SOCKS_PASSWORD="mail"`, `2 BUILT ${path('BAC')}`)
  t.same(audit.closed, ['1'], 'nobody is on it any more')
  t.match(audit.auditor.view, { verdict: 'unknown', circuitsOlder: 1, reasons: [/before they were seen/] })
  audit.take('CIRC 1 CLOSED REASON=REQUESTED')
  t.match(audit.auditor.view, { verdict: 'held', circuitsOlder: 0 })
  t.same(audit.told(2, 2, 'chat').kinds, [], 'sent before the gap, told after it')
})

t.test('what was never announced makes it unknown; what is told late of a circuit that ended does not', async t => {
  for (const line of [`CIRC 7 BUILT ${path('ABC')}`, 'STREAM 7 SUCCEEDED 0 x:80', 'STREAM 7 NEW 99 x:80']) {
    t.same(begin().take(line).actions, [{ type: 'start-over' }], line)
  }
  const late = begin().build(1).open(1, 1, 'mail').take('CIRC 1 CLOSED')
  t.same(late.take('STREAM 1 DETACHED 1 x:80', 'STREAM 1 CLOSED 1 x:80').actions, [])
  const slow = begin().take('CIRC 1 LAUNCHED', 'CIRC 1 FAILED REASON=TIMEOUT')
  slow.take(`CIRC_MINOR 1 PURPOSE_CHANGED ${path('ABC')} PURPOSE=MEASURE_TIMEOUT OLD_PURPOSE=GENERAL`)
  t.same(slow.actions, [], 'tor goes on building it to learn how long it takes')
})

t.test('a breach stays one; drift that keeps nobody apart is one, other drift is not', async t => {
  const audit = begin()
  audit.auditor.learnDrift([{ what: 'SafeLogging is not 1', breaksIsolation: false }])
  t.match(audit.auditor.view, { verdict: 'unknown', drift: ['SafeLogging is not 1'] })
  t.ok(audit.auditor.mayOpen('serve'))
  t.notOk(audit.auditor.mayOpen('refuse'))
  audit.auditor.learnDrift([])
  t.ok(audit.auditor.mayOpen('refuse'), 'held')
  for (let n = 0; n < 2; n++) audit.auditor.learnDrift([{ what: 'a SocksPort …', breaksIsolation: true }])
  t.same(audit.kinds, ['not-isolating'], 'said once')
  t.notOk(audit.auditor.mayOpen('serve'), 'whatever is set')
  audit.auditor.learnDrift([])
  audit.auditor.lose()
  audit.begin()
  t.equal(audit.verdict, 'breached')
  t.ok(audit.auditor.mayOpen('serve'))
  t.notOk(audit.auditor.mayOpen('refuse'))
})

t.test('a breach that a person has acknowledged is past; what is still so stands again at once', async t => {
  const audit = begin()
  audit.auditor.learnDrift([{ what: 'a SocksPort …', breaksIsolation: true }])
  t.equal(audit.auditor.acknowledge(), 1)
  t.equal(audit.verdict, 'breached', 'tor still keeps nobody apart')
  t.match(audit.auditor.view, { violations: [{ kind: 'not-isolating' }], violationsSeen: 2, violationsPast: 1 })
  t.notOk(audit.auditor.mayOpen('serve'))
  audit.auditor.learnDrift([])
  t.equal(audit.verdict, 'breached', 'told back, and still not seen by a person')
  audit.now = 5000
  t.equal(audit.auditor.acknowledge(), 1)
  t.match(audit.auditor.view, {
    verdict: 'held',
    since: '1970-01-01T00:00:05.000Z',
    violations: [],
    past: [{ kind: 'not-isolating' }, { kind: 'not-isolating', acknowledgedAt: '1970-01-01T00:00:05.000Z' }],
    violationsSeen: 2,
    violationsPast: 2,
  })
  t.ok(audit.auditor.mayOpen('refuse'))
  audit.auditor.learnDrift([{ what: 'a SocksPort …', breaksIsolation: true }])
  t.equal(audit.verdict, 'breached', 'again is news')

  const shared = begin().build(1).open(1, 1, 'mail').open(2, 1, 'chat')
  t.same([shared.kinds, shared.closed], [['shared'], ['1']])
  shared.auditor.acknowledge()
  t.same(
    [shared.verdict, shared.kinds, shared.closed],
    ['breached', ['shared', 'shared'], ['1', '1']],
    'it still lives',
  )
  shared.take('CIRC 1 CLOSED').end(1, 2)
  shared.auditor.acknowledge()
  t.equal(shared.verdict, 'held')
  t.equal(begin().auditor.acknowledge(), 0)
})

t.test('the tables are empty again after 100,000 streams', async t => {
  const audit = begin()
  for (let n = 1; n <= 100_000; n++) {
    const circuit = Math.ceil(n / 10)
    const key = `key${circuit}`
    if (n % 10 === 1) audit.build(circuit)
    const claim = audit.send('mail', key)
    audit.told(n, circuit, 'mail', key)
    claim.answered()
    audit.end(n)
    claim.ended()
    if (n % 10 === 0) audit.take(`CIRC ${circuit} CLOSED`)
    if (n % 1000 === 0) {
      audit.now += 20_000
      audit.auditor.tick()
    }
  }
  audit.auditor.tick()
  t.same(audit.auditor.size, { streams: 0, circuits: 0, groups: 0, accounts: 0, waiting: 0 })
  t.match(audit.auditor.view, { verdict: 'held', streamsOpened: 100_000, streamsSeen: 100_000 })
})

for (const [name, arbitrary, wanted] of [
  ['any history is judged as the simplest reading of it', arbitraryHistory, ['held', 'breached']],
  ['and one with gaps, as what could be seen of it', arbitraryBrokenHistory, ['held', 'breached', 'unknown']],
] as const) {
  t.test(name, async t => {
    const seed = randomInt(2 ** 31)
    t.comment(`seed ${seed}`)
    const seen = { held: 0, breached: 0, unknown: 0 }
    fc.assert(
      fc.property(arbitrary, history => {
        const { audit, expected } = play(history)
        seen[expected] += 1
        if (audit.verdict !== expected) throw new Error(`${audit.verdict}, and it is ${expected}`)
      }),
      { seed, numRuns: 2000 },
    )
    t.ok(
      wanted.every(verdict => seen[verdict] > 100),
      JSON.stringify(seen),
    )
  })
}
