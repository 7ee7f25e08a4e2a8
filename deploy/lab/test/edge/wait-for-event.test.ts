import { setImmediate as turn } from 'node:timers/promises'
import { Fault } from '@cordon/shared/errors'
import t from 'tap'
import { waitForEvent } from '../../src/edge/wait-for-event.ts'

t.test('a wait that fails before anybody awaits it ends nothing, and is heard by who does', async t => {
  const fault = new Fault('LAB_FAILED', 'it ended', { where: 'tor', retry: 'now' })
  const ask = async () => {
    throw fault
  }
  const tor = { nickname: 'a', ask, send: ask, listen: () => {}, ended: Promise.resolve(fault) }
  const waiting = waitForEvent(tor, 'was silent', 60_000, () => undefined)
  await turn() // a rejection that nobody hears would end this process by now
  await t.rejects(waiting, { code: 'LAB_FAILED', message: 'it ended' })
})
