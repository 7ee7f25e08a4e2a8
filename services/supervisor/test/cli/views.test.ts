import type { AppStatus, Audit, Circuits, Status } from '@cordon/shared/contracts'
import t from 'tap'
import {
  choosePalette,
  exitStatusOfState,
  exitStatusOfVerdict,
  formatAdded,
  formatApps,
  formatAudit,
  formatCircuits,
  formatFindings,
  formatLogLine,
  formatStatus,
  formatStatusLine,
  formatTraces,
  NOTHING_TOLD,
  type Palette,
  planProgress,
  stoppedStatus,
} from '../../src/cli/index.ts'
import { COLOURS, PLAIN } from '../../src/cli/palette.ts'
import { formatBytes } from '../../src/cli/quantity.ts'

const plain: Palette = (_, text) => text

const MAIL: AppStatus = {
  id: 'mail',
  own: false,
  port: 9200,
  dnsPort: 9201,
  dnsTrouble: null,
  socket: '/run/cordon/apps/mail.sock',
  control: null,
  isolate: 'app',
  circuitLife: 'long',
  declaredIn: 'registry',
  nymEpoch: 0,
  streams: 1,
  circuits: 2,
  bytesRead: 2_097_152,
  bytesWritten: 77,
  waitsFor: null,
  trouble: null,
}

const READY: Status = {
  state: 'ready',
  network: 'tor',
  tor: {
    version: '0.4.9.11',
    progress: 100,
    phase: 'Done',
    circuitEstablished: true,
    trouble: null,
    cause: null,
    next: null,
  },
  parts: [
    { name: 'tor', state: 'ready', pid: 10, detail: null, optional: false },
    { name: 'gateway', state: 'ready', pid: null, detail: null, optional: false },
    { name: 'clock', state: 'ready', pid: 12, detail: null, optional: true },
  ],
  apps: [MAIL, { ...MAIL, id: 'a-much-longer-name', port: 10_200, trouble: 'port 10200 is taken' }],
  audit: { verdict: 'held', drift: [] },
  clock: { state: 'trusted', offsetMs: 12, boundMs: 80, at: '2026-11-23T03:00:00.000Z' },
  updates: { current: 9, available: 2, unknown: 0 },
  configurationTrouble: null,
}

const STUCK: Status = {
  ...READY,
  state: 'degraded',
  tor: {
    ...READY.tor,
    progress: 5,
    circuitEstablished: false,
    trouble: null,
    cause: 'there is no route',
    next: 'Check it.',
  },
}

t.test('the status of a ready instance', async t => {
  t.equal(
    formatStatus(READY, plain),
    [
      '● cordon is ready on the Tor network',
      '',
      '  part     state  pid  detail',
      '● tor      ready   10  0.4.9.11',
      '● gateway  ready',
      '● clock    ready   12',
      '',
      'clock trusted, was off by +0.012 s ± 0.080 s',
      'updates 2 available, 9 current: cordon updates',
      '',
      'app                  port   dns  isolate  circuits  streams  open     read  written',
      'mail                 9200  9201  app      long            1     2  2.0 MiB     77 B',
      'a-much-longer-name  10200  9201  app      long            1     2  2.0 MiB     77 B  port 10200 is taken',
      '',
    ].join('\n'),
  )
  const parts = READY.parts.filter(({ name }) => name !== 'clock')
  t.match(formatStatus({ ...READY, parts }, plain), '\nno clock: services in cordon.yaml leaves it out\n')
})

t.test('the apps: Cordon’s own stand below, without a port, and what waits says for what', async t => {
  const clock: AppStatus = { ...MAIL, id: 'cordon-clock', own: true, port: null, declaredIn: 'cordon' }
  t.equal(
    formatApps([{ ...MAIL, waitsFor: 'clock' }, clock], plain),
    [
      'app   port   dns  isolate  circuits  streams  open     read  written',
      'mail  9200  9201  app      long            1     2  2.0 MiB     77 B  waits for the clock',
      '',
      'Cordon’s own  streams  open     read  written',
      'cordon-clock        1     2  2.0 MiB     77 B',
    ].join('\n'),
  )
  t.match(formatApps([clock], plain), /^No apps yet: cordon apps add NAME\n\nCordon’s own/)
})

t.test('an app’s share of tor’s control port is shown where it is reached', async t => {
  const control = { profile: 'onionshare', socket: '/run/cordon/apps/mail.control', port: 9171 } as const
  t.equal(formatAdded(MAIL), 'mail has port 9200 (socks5h://127.0.0.1:9200)\n')
  t.match(
    formatAdded({ ...MAIL, control }),
    /\nits share of tor’s control port is at \/run\/cordon\/apps\/mail\.control and 127\.0\.0\.1:9171\n$/,
  )
  t.match(
    formatApps([{ ...MAIL, control: { ...control, port: null } }], plain),
    /\n\ncontrol port {2}profile\nmail {10}onionshare {2}\/run\/cordon\/apps\/mail\.control$/,
  )
})

t.test('the lab says that it is the lab, first and last', async t => {
  const text = formatStatus(
    { ...READY, network: 'lab', apps: [], lab: { onion: 'x.onion', authority: '/ca.pem' } },
    plain,
  )
  t.match(text, /^ LAB: .* NOT Tor/)
  t.match(text, /on the LAB/)
  t.match(text, /LAB onion service: x\.onion/)
  t.match(text, /No apps yet/)
  t.notMatch(formatStatus({ ...STUCK, network: 'lab' }, plain), /cordon up --lab/)
})

t.test('trouble comes with its next step', async t => {
  const text = formatStatus({ ...STUCK, configurationTrouble: 'line 1: a\nline 2: b' }, plain)
  t.match(
    text,
    'tor waits: there is no route\n  next: Check it.\n  To try Cordon without the Tor network: cordon up --lab',
  )
  t.match(text, 'the last good one stays live:\n  line 1: a\n  line 2: b')
  t.notMatch(formatStatus({ ...STUCK, tor: { ...STUCK.tor, next: null } }, plain), /next:/)
})

t.test('a stopped instance', async t => {
  t.equal(formatStatus(stoppedStatus(), plain), 'cordon is stopped. Start it with: cordon up\n')
})

t.test('the exit status of a state', async t => {
  const states = ['ready', 'starting', 'degraded', 'breached', 'stopped'] as const
  t.same(states.map(exitStatusOfState), [0, 4, 4, 5, 3])
})

t.test('circuits show who is on what, and conflux sets as one', async t => {
  const relay = (nickname: string, country: string) => ({ fingerprint: 'A', nickname, country })
  const circuits: Circuits = {
    apps: [
      {
        id: 'mail',
        own: false,
        nymEpoch: 2,
        circuits: [
          {
            id: '7',
            group: 'SET',
            state: 'BUILT',
            hops: [relay('one', 'de'), relay('two', '??')],
            streams: 1,
            ageSeconds: 754,
            bytesRead: 2048,
            bytesWritten: 514,
          },
          {
            id: '8',
            group: '8',
            state: 'BUILT',
            hops: [],
            streams: 0,
            ageSeconds: null,
            bytesRead: 0,
            bytesWritten: 0,
          },
        ],
        streams: [
          { id: '21', circuit: '7', state: 'SUCCEEDED' },
          { id: '22', circuit: null, state: 'NEW' },
        ],
      },
      { id: 'quiet', own: false, nymEpoch: 0, circuits: [], streams: [] },
    ],
  }
  t.equal(
    formatCircuits(circuits, 'tor', plain),
    [
      'mail nym epoch 2',
      '  circuit 7 built, conflux set SET, 12 min old, 2.0 KiB in, 514 B out  one (de) > two',
      '    streams: 21 succeeded',
      '  circuit 8 built  ',
      '  not attached yet: 22 new',
      '',
      'quiet nym epoch 0',
      '  no circuits',
      '',
    ].join('\n'),
  )
  t.match(formatCircuits(circuits, 'lab', plain), /^ LAB: these are not Tor circuits/)
  t.match(formatCircuits({ apps: [] }, 'tor', plain), /No apps yet/)
})

t.test('the progress of `cordon up` tells nothing twice', async t => {
  const starting: Status = {
    ...STUCK,
    state: 'starting',
    network: 'lab',
    tor: { ...STUCK.tor, cause: null, next: null },
    parts: [
      { name: 'lab', state: 'starting', pid: 1, detail: '20 %: keys', optional: false },
      { name: 'tor', state: 'down', pid: null, detail: null, optional: false },
    ],
  }
  const first = planProgress(NOTHING_TOLD, starting)
  t.match(first.lines, [/NOT Tor/])
  t.equal(first.waitingFor, 'lab 20 %: keys; tor down')
  const later = {
    ...starting,
    parts: [{ name: 'lab', state: 'starting', pid: 1, detail: '90 %', optional: false } as const],
  }
  t.same(planProgress(first.told, later).lines, [], 'what changes all the time goes on the line that is overwritten')
  const lost = { name: 'tor', state: 'down', pid: null, detail: 'ended by SIGKILL', optional: false } as const
  const failed = { name: 'gateway', state: 'failed', pid: null, detail: null, optional: false } as const
  const fresh = { name: 'gateway', state: 'down', pid: null, detail: null, optional: false } as const
  t.same(planProgress(NOTHING_TOLD, { ...READY, parts: [fresh] }).lines, [])
  const draining = { name: 'lab', state: 'draining', pid: 1, detail: null, optional: false } as const
  t.same(planProgress(first.told, { ...starting, parts: [draining, lost, failed] }).lines, [
    'tor is down and starts again: ended by SIGKILL',
    'gateway failed: for no known reason',
  ])
  const stuck = planProgress(first.told, { ...STUCK, parts: [] })
  t.same(stuck.lines, [
    'tor waits: there is no route',
    '  next: Check it.',
    '  To try Cordon without the Tor network: cordon up --lab',
    '  Cordon keeps trying.',
  ])
  t.same(planProgress(stuck.told, { ...STUCK, parts: [] }).lines, [])
  const ready = planProgress(stuck.told, READY)
  t.same(ready.lines, ['tor is ready', 'gateway is ready', 'clock is ready'])
  t.equal(ready.waitingFor, '')
  const again: Status = { ...STUCK, tor: { ...STUCK.tor, next: null }, network: 'lab', parts: [] }
  t.same(planProgress(ready.told, again).lines, ['tor waits: there is no route'], 'it comes back: news')
})

t.test('bytes', async t => {
  t.same([0, 1023, 1024, 150 * 1024, 2 ** 60].map(formatBytes), ['0 B', '1023 B', '1.0 KiB', '150 KiB', '1048576 TiB'])
})

t.test('colours only where somebody sees them', async t => {
  t.equal(choosePalette(true, {}), COLOURS)
  t.equal(choosePalette(false, {}), PLAIN)
  t.equal(choosePalette(true, { NO_COLOR: '1' }), PLAIN)
  t.equal(choosePalette(true, { TERM: 'dumb' }), PLAIN)
  t.ok(COLOURS('bad', 'x').includes('[31m'))
  t.equal(PLAIN('loud', 'x'), 'x')
})

t.test('the status as one line', async t => {
  t.equal(
    formatStatusLine({ ...READY, network: 'lab' }),
    'ready on the LAB; tor ready; gateway ready; clock ready; 2 apps, 2 streams, 4 circuits',
  )
  t.match(formatStatusLine(STUCK), /; tor waits: there is no route/)
  t.equal(formatStatusLine(stoppedStatus()), 'stopped')
})

t.test('a line of the log', async t => {
  const line = {
    number: 7,
    at: '2026-11-23T02:07:12.016Z',
    level: 'warn',
    part: 'tor',
    text: 'Too many circuits',
  } as const
  t.equal(formatLogLine(line, plain), '2026-11-23T02:07:12.016Z warn  tor: Too many circuits\n')
})

t.test('what the doctor found', async t => {
  t.equal(formatFindings([], [], true, plain), 'Nothing is wrong.\n')
  t.match(formatFindings([], [], false, plain), /Nothing is wrong\.\n\n.*cordon up/)
  const note = { code: 'IPV6_OPEN', cause: 'IPv6 is open', next: 'Close it.' }
  t.equal(
    formatFindings([], [note], true, plain),
    'Nothing is wrong.\n\nWhat goes past Tor on this machine:\n• IPv6 is open IPV6_OPEN\n  next: Close it.\n',
  )
  const text = formatFindings(
    [{ code: 'TOR_MISSING', cause: 'tor is not installed', next: 'Install it.' }],
    [],
    false,
    plain,
  )
  t.equal(
    text,
    '✗ tor is not installed TOR_MISSING\n  next: Install it.\n\nCordon does not run; start it with: cordon up\n',
  )
})

t.test('a breach and drift are said in the status', async t => {
  const text = formatStatus(
    { ...READY, state: 'breached', audit: { verdict: 'breached', drift: ['SafeLogging'] } },
    plain,
  )
  t.match(
    text,
    /✗ a promise of isolation was seen broken: cordon audit\n✗ tor's configuration has drifted: SafeLogging/,
  )
})

t.test('traces, each span below the one it is part of', async t => {
  const span = {
    part: 'gateway',
    traceId: 't',
    parentSpanId: null,
    startedAt: '2026-11-23T02:00:01.000Z',
    durationMs: 2,
  }
  const spans = [
    { ...span, name: 'inner', spanId: 'b', parentSpanId: 'a', attributes: { count: 3 } },
    { ...span, name: 'outer', spanId: 'a', startedAt: '2026-11-23T02:00:00.000Z', attributes: { app: 'mail' } },
    { ...span, name: 'later', spanId: 'c', traceId: 'u', parentSpanId: 'gone', attributes: {} },
  ]
  t.equal(
    formatTraces(spans, 20, plain),
    [
      '2026-11-23T02:00:00.000Z t',
      '  outer 2.0 ms gateway app=mail',
      '    inner 2.0 ms gateway count=3',
      '',
      '2026-11-23T02:00:01.000Z u',
      '  later 2.0 ms gateway',
      '',
    ].join('\n'),
  )
  t.match(formatTraces(spans, 1, plain), /^2026-11-23T02:00:01/)
  t.match(formatTraces([], 20, plain), /Nothing/)
  const stream = { ...span, name: 'gateway.stream', spanId: 'd', attributes: { app: 'cordon-clock' } }
  t.match(formatTraces([stream], 20, plain), /Nothing/, 'streams of the clock alone push out no other')
  const round = { ...span, name: 'clock.round', spanId: 'e', attributes: {} }
  t.match(formatTraces([{ ...stream, parentSpanId: 'e' }, round], 20, plain), /clock.round.*\n.*gateway.stream/)
})

const HELD: Audit = {
  verdict: 'held',
  since: '2026-11-23T03:12:41.123Z',
  reasons: [],
  streamsOpened: 12,
  streamsSeen: 12,
  streamsUnmatched: 0,
  streamsUntold: 0,
  circuitsSeen: 9,
  circuitsOlder: 0,
  gaps: 0,
  violations: [],
  violationsSeen: 0,
  past: [],
  violationsPast: 0,
  drift: [],
}

t.test('the audit: held, unknown with its reasons, breached with what, when and who', async t => {
  t.equal(
    formatAudit(HELD, 'lab', plain),
    [
      '● isolation is held since 2026-11-23 03:12:41 UTC on the LAB, which is not Tor',
      '',
      'since the gateway started:',
      '  12 streams sent to tor, 12 of them told by tor with these credentials',
      '  9 circuits seen, 0 violations',
      '',
    ].join('\n'),
  )
  const reasons = ['the control connection to tor is not up']
  t.match(formatAudit({ ...HELD, verdict: 'unknown', reasons, gaps: 2 }, 'tor', plain), /◐ .*\n {2}because the control/)
  const violation: Audit['violations'][number] = { kind: 'shared', at: HELD.since, apps: ['chat', 'mail'], circuits: 2 }
  const breached: Audit = { ...HELD, verdict: 'breached', violations: [violation], violationsSeen: 3 }
  const text = formatAudit(breached, 'tor', plain)
  t.match(text, /✗ 2026-11-23 03:12:41 UTC a circuit carried two isolation keys \(chat, mail\); circuits closed: 2/)
  t.match(text, /and 2 more\n.*cordon audit --acknowledge/)
  const past = [{ ...violation, acknowledgedAt: '2026-11-23T04:00:00.000Z' }]
  const over = formatAudit({ ...HELD, past, violationsPast: 3, violationsSeen: 3 }, 'tor', plain)
  t.match(
    over,
    /\n\npast:\n {2}2026-11-23 03:12:41 UTC a circuit.*; acknowledged 2026-11-23 04:00:00 UTC\n {2}and 2 before\n/,
  )
  t.notMatch(over, /--acknowledge|✗/)
  const drift = ['a SocksPort does not isolate by credentials', 'a SocksPort does not isolate by credentials']
  const loose = { kind: 'not-isolating', at: HELD.since, apps: [], circuits: 0 } as const
  const said = formatAudit(
    { ...breached, violations: [{ ...loose, apps: [] }], violationsSeen: 1, drift },
    'tor',
    plain,
  )
  t.match(said, /got nothing new while it was\n/)
  t.equal(said.split('does not isolate by credentials').length, 2, 'three SocksPorts, one sentence')
  t.match(said, '1 violation\n')
  t.same((['held', 'unknown', 'breached'] as const).map(exitStatusOfVerdict), [0, 4, 5])
})
