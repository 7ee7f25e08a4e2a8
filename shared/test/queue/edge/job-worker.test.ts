import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { eventually, type RedisUnderTest, startRedis } from '../redis-under-test.ts'
import { addJob, openPart, workAndRecord } from './parts-under-test.ts'

t.test('a resume goes from the clock over health to the audit in one trace, and stops where one fails', async t => {
  const redis = await startRedis(t)
  const { jobs, telemetry } = await openPart(t, redis)
  await eventually('usable', () => jobs.state().type === 'usable')
  const order: string[] = []
  let isClockWrong = false
  jobs.work('clock', {
    'clock.sync': async () => {
      order.push('clock')
      if (isClockWrong) throw new Error('no majority at evil.example')
    },
  })
  jobs.work('health', { 'health.check': async () => void order.push('health') })
  jobs.work('gateway', { 'gateway.verify': async () => void order.push('gateway') })
  const span = telemetry.startSpan('command', { attributes: { command: 'status' } })
  await addJob(jobs, 'clock.sync', { reason: 'resume' }, { parent: span.context })
  await eventually('the whole chain', () => order.length === 3)
  t.same(order, ['clock', 'health', 'gateway'])
  span.end({ outcome: 'ok' })
  await eventually('one trace', () => {
    const ours = telemetry.spans().filter(({ traceId }) => traceId === span.context.traceId)
    const ended = ours.filter(({ attributes }) => attributes['outcome'] === 'ok').map(({ name }) => name)
    const chain = ['command', 'job.add', 'job.add', 'job.add', 'job.work', 'job.work', 'job.work']
    return ended.toSorted().join() === chain.join()
  })
  isClockWrong = true
  await addJob(jobs, 'clock.sync', { reason: 'resume' }, { id: 'wrong' })
  await eventually('it failed', () => telemetry.lines().some(({ key }) => key === 'queue.job.failed'))
  await addJob(jobs, 'health.check', { reason: 'request' }, { id: 'mark' })
  await eventually('the mark', () => order.length === 5)
  t.same(order.slice(3), ['clock', 'health'], 'the mark alone, and nothing after the failure')
  t.notMatch(JSON.stringify(telemetry.lines()), /evil/)
  const readReason = () => redis.command('HGET', '{cordon:home:one}:clock:wrong', 'failedReason')
  await eventually('that it failed is in Redis', async () => (await readReason()) !== '')
  t.equal(await readReason(), 'failed', 'and nothing of what was thrown')
})

t.test('what follows a sleep is not lost with a Redis that ends in the middle of it', async t => {
  const redis = await startRedis(t)
  const { jobs } = await openPart(t, redis)
  const order: string[] = []
  let isDead = false
  jobs.work('clock', {
    'clock.sync': async () => {
      order.push('clock')
      await redis.signal('SIGKILL')
      isDead = true
    },
  })
  jobs.work('health', { 'health.check': async () => void order.push('health') })
  await addJob(jobs, 'clock.sync', { reason: 'resume' })
  await eventually('the end of Redis', () => isDead)
  await redis.start()
  await eventually('what follows', () => order.length === 2)
  t.same(order, ['clock', 'health'])
})

t.test('a pause lets the running job end and starts no other until the resume', async t => {
  const redis = await startRedis(t)
  const { jobs } = await openPart(t, redis)
  await eventually('usable', () => jobs.state().type === 'usable')
  const gate = Promise.withResolvers<void>()
  const events: string[] = []
  jobs.work('clock', {
    'clock.sync': async (_, { id }) => {
      events.push(`start ${id}`)
      if (id === 'a') await gate.promise
      events.push(`end ${id}`)
    },
  })
  await addJob(jobs, 'clock.sync', { reason: 'request' }, { id: 'a' })
  await eventually('a runs', () => events.length === 1)
  const paused = jobs.pause().then(() => events.push('paused'))
  await addJob(jobs, 'clock.sync', { reason: 'request' }, { id: 'b' })
  gate.resolve()
  await paused
  t.same(events, ['start a', 'end a', 'paused'])
  jobs.resume()
  await eventually('b is done', () => events.includes('end b'))
  t.same(events, ['start a', 'end a', 'paused', 'start b', 'end b'])
})

t.test('closing waits for the running job; one that does not end is aborted and done by another', async t => {
  const redis = await startRedis(t)
  const first = await openPart(t, redis, { lockMs: 500 })
  await eventually('usable', () => first.jobs.state().type === 'usable')
  let hasBegun = false
  let isAborted = false
  const never = Promise.withResolvers<void>()
  first.jobs.work('clock', {
    'clock.sync': async (_, { signal }) => {
      hasBegun = true
      signal.addEventListener('abort', () => {
        isAborted = true
      })
      await never.promise
    },
  })
  await addJob(first.jobs, 'clock.sync', { reason: 'request' }, { id: 'slow' })
  await eventually('it has begun', () => hasBegun)
  await first.jobs.close(100)
  t.ok(isAborted)
  await t.rejects(first.jobs.add('clock.sync', { reason: 'request' }), { code: 'QUE_CLOSED' })
  t.throws(() => first.jobs.keep('clock.sync', { reason: 'request' }, { id: 'x' }), { code: 'QUE_CLOSED' })
  const second = await openPart(t, redis, { lockMs: 500 })
  const done = workAndRecord(second.jobs, 'clock', ['clock.sync'])
  await eventually('another does it', () => done.includes('slow'))
  never.resolve()
})

/** A worker as a process of its own, which writes down what it does. */
function spawnWorker(t: Test, redis: RedisUnderTest, body: string) {
  const program = `
    import { existsSync } from 'node:fs'
    import { openJobQueue } from ${JSON.stringify(import.meta.resolve('@cordon/shared/queue/edge'))}
    import { openTelemetry } from ${JSON.stringify(import.meta.resolve('@cordon/shared/telemetry/edge'))}
    const telemetry = openTelemetry({ part: 'clock' })
    const place = { fleet: 'home', instance: 'one' }
    const jobs = await openJobQueue({ redis: { socket: ${JSON.stringify(redis.socket)} }, place, telemetry, lockMs: 500 })
    const say = word => process.stdout.write(word + '\\n')
    jobs.work('clock', { 'clock.sync': async (_, { confirm, signal }) => { ${body} } })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', chunk => {
    said += chunk
  })
  child.stderr.on('data', chunk => {
    said += chunk
  })
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return { child, said: () => said }
}

t.test('RED-04: a worker killed in a job: done again once, and a job that kills twice is failed', async t => {
  const redis = await startRedis(t)
  const body = 'say("working"); await new Promise(() => {})'
  const first = spawnWorker(t, redis, body)
  const { jobs } = await openPart(t, redis, { lockMs: 500 })
  await eventually('usable', () => jobs.state().type === 'usable')
  await addJob(jobs, 'clock.sync', { reason: 'request' }, { id: 'deadly' })
  await eventually('the first works', () => first.said().includes('working'))
  first.child.kill('SIGKILL')
  const second = spawnWorker(t, redis, body)
  await eventually('the second works', () => second.said().includes('working'))
  second.child.kill('SIGKILL')
  const done = workAndRecord(jobs, 'clock', ['clock.sync'])
  await eventually('failed', async () => (await redis.command('ZCARD', '{cordon:home:one}:clock:failed')) === '1')
  await addJob(jobs, 'clock.sync', { reason: 'request' }, { id: 'harmless' })
  await eventually('the next is done', () => done.includes('harmless'))
  t.same(done, ['harmless'])
})

t.test('RED-05: a worker whose event loop stood still says lock lost and has no second effect', async t => {
  const redis = await startRedis(t)
  // Until then it stands still: whoever is held up besides, the lock of the one has run out when the other is done.
  const goOn = `${redis.socket}.go-on`
  const stalled = spawnWorker(
    t,
    redis,
    `say('effect one')
     while (!existsSync(${JSON.stringify(goOn)}));
     await confirm().catch(fault => { say(fault.code + ' ' + signal.aborted); throw fault }); say('effect two')`,
  )
  const { jobs } = await openPart(t, redis, { lockMs: 500 })
  await eventually('usable', () => jobs.state().type === 'usable')
  await addJob(jobs, 'clock.sync', { reason: 'request' }, { id: 'once' })
  await eventually('it has begun', () => stalled.said().includes('effect one'))
  const done = workAndRecord(jobs, 'clock', ['clock.sync'])
  await eventually('another has done it', () => done.includes('once'))
  await writeFile(goOn, '')
  await eventually('it is told', () => stalled.said().includes('QUE_LOCK_LOST true'))
  await eventually('and logged', () => stalled.said().includes('queue.lock.lost'))
  t.notMatch(stalled.said(), /effect two/)
  t.same(done, ['once'])
})
