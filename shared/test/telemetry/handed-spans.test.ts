import fc from 'fast-check'
import t from 'tap'
import { admitSpan, joinSpans, type SpanRecord } from '../../src/telemetry/index.ts'

const SPAN: SpanRecord = {
  part: 'command',
  name: 'command',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: null,
  startedAt: '2026-11-23T02:00:00.000Z',
  durationMs: 12.5,
  attributes: { command: 'renew', outcome: 'ok' },
}

t.test('a span that is handed over is kept as it is', async t => {
  t.same(admitSpan(SPAN, 'command'), SPAN)
  t.same(admitSpan({ ...SPAN, parentSpanId: 'a7ad6b7169203331' }, 'command')?.parentSpanId, 'a7ad6b7169203331')
  t.same(admitSpan({ ...SPAN, note: 'check.example' }, 'command'), SPAN, 'and nothing beside it')
})

t.test('what the allow-list does not know, or what speaks for another part, is refused whole', async t => {
  const hostile: readonly unknown[] = [
    undefined,
    null,
    'command',
    { ...SPAN, part: 'gateway' },
    { ...SPAN, name: 'toString' },
    { ...SPAN, name: 'check.example' },
    { ...SPAN, traceId: '0'.repeat(32) },
    { ...SPAN, traceId: 'check.example' },
    { ...SPAN, spanId: '<script>' },
    { ...SPAN, parentSpanId: '../../x' },
    { ...SPAN, startedAt: 'yesterday' },
    { ...SPAN, durationMs: -1 },
    { ...SPAN, durationMs: Number.MAX_VALUE },
    { ...SPAN, durationMs: Number.NaN },
    { ...SPAN, attributes: { command: 'check.example' } },
    { ...SPAN, attributes: { host: 'check.example' } },
    { ...SPAN, attributes: { app: 'mail' } },
    { ...SPAN, attributes: { command: { renew: 1 } } },
  ]
  for (const one of hostile) t.equal(admitSpan(one, 'command'), undefined, JSON.stringify(one))
  fc.assert(fc.property(fc.anything(), value => admitSpan(value, 'command') === undefined))
})

t.test('spans of several parts are joined in order, and a trace names one app', async t => {
  const stream = (app: string, second: number, traceId = SPAN.traceId): SpanRecord => ({
    ...SPAN,
    part: 'gateway',
    name: 'gateway.stream',
    traceId,
    startedAt: `2026-11-23T02:00:0${second}.000Z`,
    attributes: { app, outcome: 'ok' },
  })
  const other = 'a'.repeat(32)
  const joined = joinSpans([[stream('mail', 2), stream('web', 4, other)], [SPAN], [stream('chat', 3)]])
  t.same(
    joined.map(({ attributes }) => attributes),
    [
      { command: 'renew', outcome: 'ok' },
      { app: 'mail', outcome: 'ok' },
      { outcome: 'ok' },
      { app: 'web', outcome: 'ok' },
    ],
  )
})
