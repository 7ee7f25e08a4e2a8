import { Fault } from '@cordon/shared/errors'
import t from 'tap'
import { openSpanRecorder } from '../../../src/telemetry/edge/span-recorder.ts'
import { admitSpan } from '../../../src/telemetry/index.ts'

t.test('spans are recorded as OpenTelemetry’s would be: trace, parent, time, attributes', async t => {
  const recorder = openSpanRecorder('supervisor')
  const death = recorder.startSpan('part.stop', { attributes: { part: 'tor' } })
  death.end({ outcome: 'failed' })
  const start = recorder.startSpan('part.start', { parent: death.context, attributes: { part: 'tor', attempt: 2 } })
  start.fail(new Fault('TOR_MISSING', 'no tor', { where: 'host', retry: 'never' }))
  const spans = recorder.spans()
  t.match(spans, [
    { part: 'supervisor', name: 'part.stop', parentSpanId: null, attributes: { part: 'tor', outcome: 'failed' } },
    { name: 'part.start', attributes: { part: 'tor', attempt: 2, outcome: 'failed', fault: 'TOR_MISSING' } },
  ])
  t.equal(spans[1]?.traceId, spans[0]?.traceId)
  t.equal(spans[1]?.parentSpanId, spans[0]?.spanId)
  for (const span of spans) t.same(admitSpan(span, 'supervisor'), span, 'and each is one that may be said')
  t.throws(() => recorder.startSpan('part.start', { attributes: { host: 'x' } as never }), { name: 'InternalError' })
})

t.test('what is handed over stands beside them, and a flood pushes out nothing but itself', async t => {
  const recorder = openSpanRecorder('supervisor')
  recorder.startSpan('part.start').end()
  const span = { part: 'command', name: 'command', parentSpanId: null, startedAt: '1970-01-01T00:00:00.000Z' }
  const ids = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }
  for (let n = 0; n < 1000; n++) recorder.keep({ ...span, ...ids, durationMs: n, attributes: {} })
  const kept = recorder.spans()
  t.equal(kept.length, 257)
  t.match(kept[255], { ...span, ...ids, durationMs: 999 }, 'by the time at which they began')
  t.ok(kept.some(({ name }) => name === 'part.start'))
})
