import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJobQueue } from '@cordon/shared/queue/edge'
import t from 'tap'
import { eventually, prepareRedis, startRedis } from '../redis-under-test.ts'
import { addJob, openPart, workAndRecord } from './parts-under-test.ts'

const CHECK = '0a'.repeat(16)

t.test('RED-01: Redis absent at start, and everything is healthy when it appears', async t => {
  const redis = await prepareRedis(t)
  const { jobs, logged } = await openPart(t, redis)
  const done = workAndRecord(jobs, 'clock', ['clock.sync'])
  t.match(jobs.state(), { type: 'unusable', why: { code: 'QUE_UNREACHABLE' } })
  await t.rejects(jobs.add('clock.sync', { reason: 'start' }), { code: 'QUE_UNREACHABLE' }, 'adding fails at once')
  jobs.keep('clock.sync', { reason: 'start' }, { id: 'due' })
  await redis.start()
  await eventually('the kept job is done', () => done.includes('due'))
  t.ok(logged('queue.usable'))
  const id = await addJob(jobs, 'clock.sync', { reason: 'request' })
  await eventually('and an added one', () => done.includes(id))
})

t.test('RED-02: Redis stopped and restarted while jobs are added: each is done, none is lost', async t => {
  const redis = await startRedis(t)
  const { jobs } = await openPart(t, redis)
  const done = workAndRecord(jobs, 'clock', ['clock.sync'])
  const ids = Array.from({ length: 30 }, (_, n) => `due-${n}`)
  for (const id of ids.slice(0, 10)) jobs.keep('clock.sync', { reason: 'schedule' }, { id })
  await eventually('it works', () => done.length > 0)
  await redis.signal('SIGKILL')
  for (const id of ids.slice(10, 20)) jobs.keep('clock.sync', { reason: 'schedule' }, { id })
  await eventually('it is noticed', () => jobs.state().type === 'unusable')
  await redis.start()
  for (const id of ids.slice(20)) jobs.keep('clock.sync', { reason: 'schedule' }, { id })
  await eventually('all are done', () => new Set(done).size === ids.length)
  t.same([...new Set(done)].sort(), ids.toSorted())
})

t.test('Redis frozen: adding fails within its deadline, and the worker goes on when it thaws', async t => {
  const redis = await startRedis(t)
  const { jobs } = await openPart(t, redis)
  const done = workAndRecord(jobs, 'clock', ['clock.sync'])
  await eventually('usable', () => jobs.state().type === 'usable')
  await redis.signal('SIGSTOP')
  await t.rejects(jobs.add('clock.sync', { reason: 'request' }, { id: 'again' }), { code: 'QUE_UNREACHABLE' })
  await redis.signal('SIGCONT')
  await eventually('usable again', () => jobs.state().type === 'usable')
  await addJob(jobs, 'clock.sync', { reason: 'request' }, { id: 'again' })
  await eventually('done', () => done.includes('again'))
  t.same(done, ['again'], 'the add whose answer was lost is the same job')
})

t.test('RED-07: FLUSHALL loses no kept job and stops no worker', async t => {
  const redis = await startRedis(t)
  const { jobs } = await openPart(t, redis)
  await eventually('usable', () => jobs.state().type === 'usable')
  jobs.keep('clock.sync', { reason: 'schedule' }, { id: 'kept' })
  await eventually('queued', async () => (await redis.command('EXISTS', '{cordon:home:one}:clock:kept')) === '1')
  await redis.command('FLUSHALL')
  const done = workAndRecord(jobs, 'clock', ['clock.sync'])
  await eventually('queued again and done', () => done.includes('kept'))
  await redis.command('FLUSHALL')
  const id = await addJob(jobs, 'clock.sync', { reason: 'request' })
  await eventually('a later one', () => done.includes(id))
})

t.test('RED-06: full, or throwing keys away: named, nothing spins, and it heals without a restart', async t => {
  const redis = await startRedis(t)
  const { jobs, telemetry } = await openPart(t, redis, { checkEveryMs: 1000 })
  const done = workAndRecord(jobs, 'clock', ['clock.sync'])
  await eventually('usable', () => jobs.state().type === 'usable')
  const troubles = [
    [['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], 'QUE_WRITES_REFUSED'],
    [
      ['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'],
      ['CONFIG', 'SET', 'maxmemory-policy', 'noeviction'],
      'QUE_EVICTION_POLICY',
    ],
    [['ACL', 'SETUSER', 'default', '-@scripting'], ['ACL', 'SETUSER', 'default', '+@all'], 'QUE_SCRIPTS_REFUSED'],
  ] as const
  for (const [spoil, mend, code] of troubles) {
    await redis.command(...spoil)
    // What an add does not run into is found by the check that Redis is asked for now and then.
    if (code !== 'QUE_EVICTION_POLICY') await t.rejects(addJob(jobs, 'clock.sync', { reason: 'request' }), { code })
    await eventually(code, () => {
      const state = jobs.state()
      return state.type === 'unusable' && state.why.code === code
    })
    await t.rejects(addJob(jobs, 'clock.sync', { reason: 'request' }), { code, next: /\w/ })
    await redis.command(...mend)
    await eventually('usable', () => jobs.state().type === 'usable')
    const id = await addJob(jobs, 'clock.sync', { reason: 'request' })
    await eventually('done', () => done.includes(id))
  }
  t.ok(telemetry.lines().length < 40, 'and nothing floods the log')
})

t.test('a password is read from its file; a wrong or missing one is named, and a mended one works', async t => {
  const redis = await startRedis(t, '--requirepass', 'right')
  const directory = await mkdtemp(join(tmpdir(), 'cordon-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const passwordFile = join(directory, 'password')
  await writeFile(passwordFile, 'wrong\n')
  const wrong = await openPart(t, redis, { redis: { socket: redis.socket, passwordFile } })
  const none = await openPart(t, redis)
  for (const { jobs } of [wrong, none]) {
    await eventually('refused', () => {
      const state = jobs.state()
      return state.type === 'unusable' && state.why.code === 'QUE_PASSWORD_REFUSED'
    })
    await t.rejects(jobs.add('clock.sync', { reason: 'start' }), { code: 'QUE_PASSWORD_REFUSED' })
  }
  await writeFile(passwordFile, 'right\n')
  const right = await openPart(t, redis, { redis: { socket: redis.socket, passwordFile } })
  await eventually('usable', () => right.jobs.state().type === 'usable')
})

t.test('settings that would show jobs or names to the network are refused', async t => {
  const { telemetry } = await openPart(t, await prepareRedis(t))
  const place = { fleet: 'home', instance: 'one' }
  const node = (address: string) => ({ node: { address, port: 6379 } })
  const unsafe = [
    node('192.0.2.1'),
    node('abc'),
    { cluster: [node('192.0.2.1').node] },
    { sentinels: [node('198.51.100.1').node], master: 'm' },
    { socket: '/run/none', passwordFile: '/none/such' },
    { ...node('192.0.2.1'), tls: { name: 'redis.example', authorityFile: '/none/such' } },
  ]
  for (const redis of unsafe) {
    await t.rejects(openJobQueue({ redis, place, telemetry }), { code: 'QUE_SETTINGS_UNSAFE' }, JSON.stringify(redis))
  }
})

t.test(
  'a queue full of hostile jobs: refused, counted, nothing executed, nothing kept, and ours are still done',
  async t => {
    const redis = await startRedis(t)
    const { jobs, telemetry } = await openPart(t, redis)
    await eventually('usable', () => jobs.state().type === 'usable')
    await t.rejects(jobs.add('clock.sync', { reason: 'x' } as never), { code: 'QUE_JOB_INVALID' })
    await t.rejects(jobs.add('toString' as never, { reason: 'start' } as never), { code: 'QUE_JOB_INVALID' })
    const prefix = '{cordon:home:one}:clock'
    const hostile = [
      { name: 'clock.step', data: '{"reason":"start"}', opts: '{}' },
      { name: 'clock.sync', data: '{"reason":"start","host":"evil.example"}', opts: '{"attempts":1000}' },
      { name: 'clock.sync', data: `{"reason":"${'x'.repeat(100_000)}"}`, opts: '{"removeOnFail":false}' },
      { name: 'clock.sync', data: 'not json', opts: '{"repeat":{"every":1},"attempts":9}', rjk: 'again' },
      { name: 'clock.sync', data: '{"__proto__":{"reason":"start"}}', opts: '{"telemetry":{"metadata":"x"}}' },
      { name: 'a\u001b[31m\n'.repeat(50), data: 'null', opts: '{}', stacktrace: 'x', returnvalue: '{' },
    ]
    for (const [n, fields] of hostile.entries()) {
      const id = `hostile-${n}`
      await redis.command('HSET', `${prefix}:${id}`, ...Object.entries({ ...fields, timestamp: '1' }).flat())
      await redis.command('LPUSH', `${prefix}:wait`, id)
    }
    const done = workAndRecord(jobs, 'clock', ['clock.sync'])
    const id = await addJob(jobs, 'clock.sync', { reason: 'request' })
    await eventually('ours is done', () => done.includes(id))
    await eventually('all are counted', async () => {
      const counts = [...(await telemetry.metrics()).matchAll(/cordon_jobs_refused_total\{.*\} (\d+)/g)]
      return counts.reduce((sum, [, count]) => sum + Number(count), 0) === hostile.length
    })
    t.same(done, [id])
    for (const n of hostile.keys()) {
      const isGone = async (): Promise<boolean> => (await redis.command('EXISTS', `${prefix}:hostile-${n}`)) === '0'
      await eventually(`job ${n} is gone`, isGone)
    }
    t.notMatch(JSON.stringify(telemetry.lines()), /evil|\\u001b|xxxx/)
    t.equal(await redis.command('ZCARD', `${prefix}:repeat`), '0', 'nothing was scheduled')
  },
)

t.test(
  'options that are no JSON, a job without a hash and a list of the wrong type end or disturb no worker',
  async t => {
    const redis = await startRedis(t)
    const { jobs, telemetry } = await openPart(t, redis, { lockMs: 500 })
    await eventually('usable', () => jobs.state().type === 'usable')
    const prefix = '{cordon:home:one}:clock'
    await redis.command(
      'HSET',
      `${prefix}:bad`,
      'name',
      'clock.sync',
      'data',
      '{"reason":"start"}',
      'opts',
      '{',
      'timestamp',
      'x',
    )
    await redis.command('LPUSH', `${prefix}:wait`, 'bad', 'nothing-there')
    const done = workAndRecord(jobs, 'clock', ['clock.sync'])
    const id = await addJob(jobs, 'clock.sync', { reason: 'request' })
    await eventually('ours is done', () => done.includes(id))
    t.same([...new Set(done)], [id], 'once, or again where its short lock ran out meanwhile')
    await redis.command('DEL', `${prefix}:active`)
    await redis.command('SET', `${prefix}:active`, 'a string')
    await eventually('trouble is told', () => telemetry.lines().some(({ key }) => key === 'queue.trouble'))
    await redis.command('DEL', `${prefix}:active`)
    const later = await addJob(jobs, 'clock.sync', { reason: 'request' })
    await eventually('it heals', () => done.includes(later))
    t.ok(telemetry.lines().length < 60, 'no spin')
  },
)

t.test('two machines on one Redis: a fleet job is done once, an instance job by its instance', async t => {
  const redis = await startRedis(t)
  const one = await openPart(t, redis)
  const two = await openPart(t, redis, { place: { fleet: 'home', instance: 'two' } })
  const other = await openPart(t, redis, { place: { fleet: 'office', instance: 'one' } })
  const clocks = [one, two, other].map(({ jobs }) => workAndRecord(jobs, 'clock', ['clock.sync']))
  const updates = [one, two, other].map(({ jobs }) => workAndRecord(jobs, 'updates', ['updates.check']))
  for (const { jobs } of [one, two, other]) await eventually('usable', () => jobs.state().type === 'usable')
  await addJob(two.jobs, 'clock.sync', { reason: 'request' }, { id: 'for-two' })
  for (const { jobs } of [one, two]) {
    for (let n = 0; n < 10; n++) {
      await addJob(jobs, 'updates.check', { reason: 'schedule', check: CHECK }, { id: `debian-${n}` })
    }
  }
  await eventually('all are done', () => updates.flat().length >= 10 && clocks.flat().length >= 1)
  await addJob(other.jobs, 'updates.check', { reason: 'schedule', check: CHECK }, { id: 'last' })
  await eventually('and the last', () => updates[2]?.includes('last'))
  t.same(clocks, [[], ['for-two'], []])
  t.same(
    [...(updates[0] ?? []), ...(updates[1] ?? [])].sort(),
    Array.from({ length: 10 }, (_, n) => `debian-${n}`),
  )
  t.same(updates[2], ['last'])
})

t.test('whoever keeps a job is told once that it has ended, well or not', async t => {
  const redis = await startRedis(t)
  const { jobs } = await openPart(t, redis)
  const ended: string[] = []
  jobs.work('updates', {
    'updates.check': async ({ check }) => {
      if (check !== CHECK) throw new Error('no')
    },
  })
  for (const [id, check] of [
    ['good', CHECK],
    ['bad', '0b'.repeat(16)],
  ] as const) {
    jobs.keep('updates.check', { reason: 'schedule', check }, { id, ended: () => ended.push(id) })
  }
  await eventually('both have ended', () => ended.length === 2)
  t.same(ended.toSorted(), ['bad', 'good'])
})
