import { Fault, internal, sensitive } from '@cordon/shared/errors'
import {
  AllowList,
  ATTRIBUTES,
  describeError,
  fitsAttribute,
  formatLogRecord,
  formatTraceParent,
  INSTRUMENTS,
  LineLimit,
  LOG_LEVELS,
  LOG_LINES,
  parseCollectorAddress,
  parseTraceParent,
  Ring,
  SPANS,
  TEXT_MAX_CHARACTERS,
  TraceOwners,
  toPlainText,
} from '@cordon/shared/telemetry'
import t from 'tap'

const SECRETS = [
  'check.example',
  '192.0.2.1',
  `${'a'.repeat(56)}.onion`,
  '$ABCD~relay',
  '/home/somebody',
  'p4ss W0rd',
  '',
]

t.test('TEL-04: no attribute has a name or a shape for what must not be written', async t => {
  for (const [key, shape] of Object.entries(ATTRIBUTES)) {
    t.notMatch(
      key,
      /host|dest|addr|url|onion|path|relay|guard|exit(?!Code)|user|pass|cred|circuitId|streamId|query|product/i,
      key,
    )
    t.ok(['word', 'pattern', 'number'].includes(shape.type), `${key} has a shape`)
    for (const secret of SECRETS)
      t.notOk(fitsAttribute(key as keyof typeof ATTRIBUTES, secret), `${key} takes no ${secret}`)
    for (const value of [sensitive('mail'), { toString: () => 'mail' }, Number.NaN, null, undefined, true]) {
      t.notOk(fitsAttribute(key as keyof typeof ATTRIBUTES, value), `${key} takes text or a number`)
    }
  }
})

t.test(
  'tables name only attributes that exist, and nothing carries an app beside circuits that are not its own',
  async t => {
    for (const keys of [
      ...Object.values(SPANS),
      ...Object.values(INSTRUMENTS).map(({ attributes }) => attributes),
      ...Object.values(LOG_LINES).map(({ fields }) => fields),
    ]) {
      for (const key of keys) t.ok(Object.hasOwn(ATTRIBUTES, key), key)
    }
    t.same(INSTRUMENTS['cordon.circuits'].attributes, [])
  },
)

t.test('names follow OpenTelemetry, and every line has one level and one sentence', async t => {
  for (const [name, { kind, unit, description }] of Object.entries(INSTRUMENTS)) {
    t.match(name, /^cordon(\.[a-z]+)+$/)
    t.match(unit, /^(s|By|%|\{[a-z]+\})$/, name)
    t.match(description, /^[A-Z].*[^.]$/s, name)
    t.equal(kind === 'histogram', 'bounds' in INSTRUMENTS[name as 'cordon.stream.opening'], name)
  }
  for (const [key, { level, says }] of Object.entries(LOG_LINES)) {
    t.ok(LOG_LEVELS.includes(level), key)
    t.match(says, /^[a-z][^\n]*[^.]$/, key)
  }
})

t.test('what is not allowed is left out and counted, and throws in strict mode', async t => {
  const refused: string[] = []
  const lenient = new AllowList({ strict: false, onRefused: why => refused.push(why) })
  const given = {
    app: 'mail',
    reply: 1,
    host: 'x',
    outcome: 'maybe',
    fault: undefined,
    __proto__: { job: 'clock.sync' },
  }
  t.same(lenient.admit(['app', 'outcome', 'fault'], given), { app: 'mail' })
  t.same(refused.sort(), ['attribute', 'attribute', 'attribute', 'value'])
  const strict = new AllowList({ strict: true, onRefused: () => t.fail('it throws instead') })
  t.throws(() => strict.admit(['app'], { host: 'x' }), { name: 'InternalError' })
})

t.test('TEL-06: escapes, line breaks, reordering and 64 kB are one short printable line', async t => {
  t.equal(toPlainText('plain, ünicode 漢字 🙂'), 'plain, ünicode 漢字 🙂')
  t.equal(toPlainText('\u001b[31mred\u009b0m'), '\\u{1b}[31mred\\u{9b}0m')
  t.equal(toPlainText('a\r\nb\u2028c\u0000'), 'a\\u{d}\\u{a}b\\u{2028}c\\u{0}')
  t.equal(toPlainText('\u202egpj.exe\u200b\ufeff'), '\\u{202e}gpj.exe\\u{200b}\\u{feff}')
  t.equal(toPlainText('\ud83d'), '\\u{d83d}')
  t.equal(toPlainText('x'.repeat(65_536)).length, TEXT_MAX_CHARACTERS + 1)
})

t.test('of what was thrown, only what may be said is', async t => {
  const fault = (code: 'GW_PORT_TAKEN' | 'CFG_INVALID') => new Fault(code, 'port\n9', { where: 'host', retry: 'never' })
  t.same(describeError(fault('GW_PORT_TAKEN')), { fault: 'GW_PORT_TAKEN', detail: 'port\\u{a}9' })
  t.same(describeError(fault('CFG_INVALID')), { fault: 'CFG_INVALID', detail: 'see `cordon status`' })
  t.same(describeError(internal('cannot be')), { detail: 'cannot be' })
  const system = Object.assign(new Error('connect ECONNREFUSED 192.0.2.1:443'), { code: 'ECONNREFUSED' })
  t.same(describeError(system), { detail: 'Error ECONNREFUSED' })
  t.same(describeError(new TypeError('check.example is not iterable')), { detail: 'TypeError' })
  t.same(describeError('check.example'), { detail: 'something that is no error was thrown' })
})

t.test('a traceparent is read exactly, and anything else starts a new trace (W3C Trace Context 3.2)', async t => {
  const context = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
  const text = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  t.equal(formatTraceParent(context), text)
  t.same(parseTraceParent(text), context)
  for (let cut = 0; cut < text.length; cut++) t.equal(parseTraceParent(text.slice(0, cut)), undefined)
  const bad = [
    `${text}-x`,
    text.toUpperCase(),
    text.replace('00-', 'ff-'),
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
    7,
    null,
  ]
  for (const one of bad) t.equal(parseTraceParent(one), undefined)
})

t.test('TEL-04: a trace belongs to the first app that it names', async t => {
  const owners = new TraceOwners()
  t.ok(owners.admit('t1', 'mail'))
  t.ok(owners.admit('t1', 'mail'))
  t.notOk(owners.admit('t1', 'web'))
  for (let n = 0; n < 4096; n++) owners.admit(`n${n}`, 'web')
  t.notOk(owners.admit('t1', 'web'), 'remembered through one generation')
  for (let n = 0; n < 9000; n++) owners.admit(`m${n}`, 'web')
  t.ok(owners.admit('t1', 'web'), 'forgotten after two')
})

t.test('a ring keeps the newest, within its count and its bytes', async t => {
  const ring = new Ring<number>({ items: 3, bytes: 100 })
  for (let n = 0; n < 10; n++) ring.push(n, 10)
  t.same(ring.list(), [7, 8, 9])
  t.equal(ring.bytes, 30)
  t.equal(ring.push(10, 95), 3)
  t.same(ring.list(), [10])
  t.equal(ring.push(11, 101), 1, 'one that is too large is not kept')
  t.same(ring.list(), [10])
  const long = new Ring<number>({ items: 100, bytes: 1e9 })
  for (let n = 0; n < 12_345; n++) long.push(n, 1)
  t.same([long.list().length, long.list()[0], long.bytes], [100, 12_245, 100])
})

t.test(
  'RES-06: a line at 1,000 a second writes less than 10 MB an hour, and says how many more there were',
  async t => {
    const limit = new LineLimit<string>()
    const LINE_BYTES = 700
    const TEN_MINUTES = 600_000
    let [written, told] = [0, 0]
    for (let ms = 0; ms < TEN_MINUTES; ms += 1) {
      if (limit.admit('a mail', ms)) {
        written += LINE_BYTES
        limit.spend(LINE_BYTES)
      }
      if (limit.untilSweep(ms) === 0) {
        for (const { more } of limit.sweep(ms)) told += more
      }
    }
    for (const { more } of limit.sweep(Number.POSITIVE_INFINITY)) told += more
    t.ok(written * 6 < 10_000_000, `${written} bytes in ten minutes`)
    t.equal(written / LINE_BYTES + told, TEN_MINUTES, 'every line was written or counted')
  },
)

t.test('one flooding app hides no line of another, and all kinds together stay bounded', async t => {
  const limit = new LineLimit<string>()
  for (let n = 0; n < 1000; n++) limit.admit('a mail', n)
  t.ok(limit.admit('a web', 1000))
  t.notOk(limit.admit('a mail', 1000))
  t.same(limit.untilSweep(1000), 59_000)
  t.same(limit.sweep(60_000), [{ kind: 'a mail', more: 991 }])
  t.equal(limit.untilSweep(60_000), undefined)
  t.ok(limit.admit('a mail', 60_001), 'a new window')
  const crowd = new LineLimit<string>()
  let bytes = 0
  for (let ms = 0; ms < 3_600_000; ms += 200) {
    if (crowd.admit(`kind ${ms % 10_000}`, ms)) {
      bytes += 1000
      crowd.spend(1000)
    }
    if (crowd.untilSweep(ms) === 0) crowd.sweep(ms)
  }
  t.ok(bytes < 10_000_000, `${bytes} bytes`)
  const many = new LineLimit<string>()
  for (let n = 0; n < 5000; n++) many.admit(`k${n}`, 0)
  t.notOk(many.admit('one more', 1), 'kinds are bounded')
  t.ok(many.admit('one more', 60_000), 'and quiet ones forgotten')
})

t.test('a collector is local, or is only reached by name through Tor', async t => {
  t.same(parseCollectorAddress('unix:/run/otel.sock'), {
    type: 'local',
    socketPath: '/run/otel.sock',
    path: '/v1/traces',
  })
  t.match(parseCollectorAddress('http://localhost'), { type: 'local', host: '127.0.0.1', port: 4318 })
  t.match(parseCollectorAddress('http://127.9.9.9:99/x'), { type: 'local', host: '127.9.9.9', port: 99, path: '/x' })
  t.match(parseCollectorAddress('http://[::1]:4318/'), { type: 'local', host: '::1', path: '/v1/traces' })
  t.match(parseCollectorAddress('https://otel.example'), { type: 'remote', host: 'otel.example', port: 443, tls: true })
  t.match(parseCollectorAddress(`http://${'a'.repeat(56)}.onion`), { type: 'remote', port: 4318, tls: false })
  const bad = [
    '',
    'unix:run',
    'ftp://127.0.0.1',
    'http://otel.example',
    'http://192.0.2.1:4318',
    'https://u:p@otel.example',
  ]
  for (const one of [...bad, 'http://127.0.0.1.evil.example', 'http://0x7f.example']) {
    t.throws(() => parseCollectorAddress(one), { code: 'TEL_COLLECTOR_INVALID' }, one)
  }
})

t.test('a line for people names its fields and what was thrown', async t => {
  const record = {
    at: '2026-01-01T00:00:00.000Z',
    level: 'warn',
    part: 'gateway',
    key: 'k',
    says: 'no',
    fields: {},
  } as const
  t.equal(formatLogRecord(record), '2026-01-01T00:00:00.000Z warn  gateway: no')
  t.equal(
    formatLogRecord({ ...record, fields: { app: 'mail', more: 3 }, detail: 'why' }),
    '2026-01-01T00:00:00.000Z warn  gateway: no (app=mail, more=3): why',
  )
})
