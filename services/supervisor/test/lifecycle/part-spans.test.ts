import t from 'tap'
import {
  beginSupervision,
  chooseParts,
  listTurns,
  type PartState,
  type Supervision,
} from '../../src/lifecycle/index.ts'

const withTor = (state: PartState, more: { killed?: boolean; exits?: number } = {}): Supervision => {
  const begun = beginSupervision(chooseParts(['tor']))
  return { ...begun, parts: begun.parts.map(part => ({ ...part, state, ...more })) }
}

const turns = (before: Supervision, after: Supervision) => listTurns(before, after).map(({ part: _, ...turn }) => turn)

t.test('a start is a span until readiness, an end or a stop', async t => {
  const started = { type: 'begin', span: 'part.start', attempt: 1 }
  t.same(turns(withTor('down'), withTor('starting')), [started])
  t.same(turns(withTor('failed', { exits: 4 }), withTor('starting', { exits: 4 })), [{ ...started, attempt: 5 }])
  t.same(turns(withTor('starting'), withTor('ready')), [{ type: 'end', outcome: 'ok' }])
  t.same(turns(withTor('starting'), withTor('down')), [{ type: 'end', outcome: 'failed' }])
  t.same(turns(withTor('starting'), withTor('failed')), [{ type: 'end', outcome: 'failed' }])
})

t.test('a stop is a span until the end, and says whether it had to be forced', async t => {
  const begun = { type: 'begin', span: 'part.stop', attempt: 1 }
  t.same(turns(withTor('ready'), withTor('draining')), [begun])
  t.same(turns(withTor('starting'), withTor('draining')), [{ type: 'end', outcome: 'cut' }, begun])
  t.same(turns(withTor('draining'), withTor('down')), [{ type: 'end', outcome: 'ok' }])
  t.same(turns(withTor('draining', { killed: true }), withTor('down')), [{ type: 'end', outcome: 'cut' }])
})

t.test('a death is told once; silence, an answer, and nothing at all are no turns', async t => {
  t.same(turns(withTor('ready'), withTor('down')), [{ type: 'died' }])
  t.same(turns(withTor('silent'), withTor('failed')), [{ type: 'died' }])
  for (const [before, after] of [
    ['ready', 'silent'],
    ['silent', 'ready'],
    ['ready', 'ready'],
    ['failed', 'down'],
  ] as const) {
    t.same(turns(withTor(before), withTor(after)), [], `${before} to ${after}`)
  }
})
