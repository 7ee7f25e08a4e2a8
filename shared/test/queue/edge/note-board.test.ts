import t from 'tap'
import { eventually, startRedis } from '../redis-under-test.ts'
import { openPart } from './parts-under-test.ts'

const CHECK = '0a'.repeat(16)

t.test('machines of a fleet leave each other notes: as they were left, and nobody else’s', async t => {
  const redis = await startRedis(t)
  const one = await openPart(t, redis)
  const two = await openPart(t, redis, { place: { fleet: 'home', instance: 'two' } })
  const other = await openPart(t, redis, { place: { fleet: 'office', instance: 'one' } })
  for (const { jobs } of [one, two, other]) await eventually('usable', () => jobs.state().type === 'usable')
  const note = Uint8Array.of(0, 255, 13, 10, 1)
  await one.jobs.leaveNote('updates', CHECK, note)
  const words = ['0b'.repeat(16), CHECK]
  t.same(await two.jobs.findNotes('updates', words), [undefined, Buffer.from(note)])
  t.same(await other.jobs.findNotes('updates', words), [undefined, undefined])
  const lasts = Number(await redis.command('PTTL', `{cordon:home}:note:updates:${CHECK}`))
  t.ok(lasts > 0 && lasts <= 172_800_000, 'it goes by itself')
  await redis.command('SETRANGE', `{cordon:home}:note:updates:${CHECK}`, '1000000', 'x')
  t.same(await two.jobs.findNotes('updates', [CHECK]), [undefined], 'what is too long is no note')
  await redis.signal('SIGKILL')
  await eventually('unusable', () => two.jobs.state().type === 'unusable')
  await t.rejects(two.jobs.findNotes('updates', [CHECK]), { code: 'QUE_UNREACHABLE' })
  await t.rejects(two.jobs.leaveNote('updates', CHECK, note), { code: 'QUE_UNREACHABLE' })
})
