import t from 'tap'
import { startRedis } from '../../../../shared/test/queue/redis-under-test.ts'
import { RedisPulse } from '../../src/edge/redis-pulse.ts'

t.test('redis is asked again and again over one connection', async t => {
  const redis = await startRedis(t)
  const pulse = new RedisPulse(redis.socket)
  t.teardown(() => pulse.close())
  for (let question = 1; question <= 3; question++) await pulse.ask()
  t.match(
    await redis.command('INFO', 'clients'),
    /^connected_clients:2\r$/m,
    'the one of this question and the kept one',
  )
})

t.test('SUP-03: a redis that stands still answers when it goes on, and not before', async t => {
  const redis = await startRedis(t)
  const pulse = new RedisPulse(redis.socket)
  t.teardown(() => pulse.close())
  await pulse.ask()
  await redis.signal('SIGSTOP')
  let hasAnswered = false
  const answer = pulse.ask().then(() => {
    hasAnswered = true
  })
  await new Promise(resolve => setImmediate(resolve))
  t.notOk(hasAnswered)
  await redis.signal('SIGCONT')
  await answer
})

t.test('a redis that is gone is not waited for, and another one in its place is asked', async t => {
  const redis = await startRedis(t)
  const pulse = new RedisPulse(redis.socket)
  t.teardown(() => pulse.close())
  await pulse.ask()
  await redis.signal('SIGKILL')
  await t.rejects(pulse.ask(), /ended/)
  await redis.start()
  await pulse.ask()
})
