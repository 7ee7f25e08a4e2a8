import { Fault, internal } from '@cordon/shared/errors'
import t from 'tap'
import { announceFailedStart } from '../../src/part/index.ts'

t.test('only what needs a person, or is a bug, is announced as failed', async t => {
  const fault = (retry: 'never' | 'after-waiting' | 100) =>
    new Fault('HOST_SOCKET_UNUSABLE', 'in use', { where: 'host', retry, next: 'Stop it.' })
  t.same(announceFailedStart(fault('never'), 'X'), {
    type: 'failed',
    code: 'HOST_SOCKET_UNUSABLE',
    message: 'in use',
    next: 'Stop it.',
  })
  for (const retry of ['after-waiting', 100] as const) t.equal(announceFailedStart(fault(retry), 'X'), undefined)
  t.same(announceFailedStart(internal('oh'), 'X'), { type: 'failed', code: 'X', message: 'oh', next: null })
})
