import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { kill } from '../../src/edge/escape-watch.ts'

t.test('a process that ended since it was seen is no failure of who would end it', async t => {
  const child = spawn('sleep', ['1000'])
  const ended = once(child, 'close')
  const { pid = 0 } = child
  t.equal(kill(pid), true, 'positive control')
  t.same(await ended, [null, 'SIGKILL'])
  t.equal(kill(pid), false)
})
