import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RedisSettings } from '@cordon/shared/contracts'
import t, { type Test } from 'tap'
import { findFreePort } from '../../free-port.ts'
import { makeCertificate } from '../../through-tor/certificate-under-test.ts'
import { ROLE_OF_PRIMARY, startCluster } from '../redis-cluster-under-test.ts'
import { eventually, prepareRedis, type RedisUnderTest, startRedis, startSentinel } from '../redis-under-test.ts'
import { addJob, openPart, workAndRecord } from './parts-under-test.ts'

/** Open a part on a Redis as the configuration would name it, and have one job done that is for it alone. */
async function open(t: Test, redis: RedisUnderTest, settings: RedisSettings) {
  const part = await openPart(t, redis, { redis: settings })
  const done = workAndRecord(part.jobs, 'clock', ['clock.sync'])
  const work = async (): Promise<void> => {
    await eventually('usable', () => part.jobs.state().type === 'usable')
    const id = await addJob(part.jobs, 'clock.sync', { reason: 'request' })
    await eventually('a job that is done', () => done.includes(id))
  }
  return { ...part, done, work }
}

async function keepSecret(t: Test, text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const path = join(directory, 'password')
  await writeFile(path, `${text}\n`, { mode: 0o600 })
  return path
}

t.test('over TLS with a password: by the certificate’s name and authority, and by no others', async t => {
  const port = await findFreePort()
  const { path: authorityFile } = makeCertificate(t, 'redis.example')
  const files = ['--tls-cert-file', authorityFile, '--tls-key-file', join(authorityFile, '../key')]
  const tls = ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no']
  const redis = await startRedis(t, ...tls, '--requirepass', 'right')
  const passwordFile = await keepSecret(t, 'right')
  const node = { address: '127.0.0.1', port }
  await (await open(t, redis, { node, tls: { name: 'redis.example', authorityFile }, passwordFile })).work()
  for (const stranger of [{ name: 'other.example', authorityFile }, { name: 'redis.example' }]) {
    const { jobs } = await open(t, redis, { node, tls: stranger, passwordFile })
    await eventually('its refusal', () => {
      const state = jobs.state()
      return state.type === 'unusable' && state.why.code === 'QUE_CERTIFICATE_REFUSED'
    })
    await t.rejects(addJob(jobs, 'clock.sync', { reason: 'request' }), {
      code: 'QUE_CERTIFICATE_REFUSED',
      next: /tls\.name/,
    })
  }
})

t.test('by Sentinel: the primary dies, its replica takes over, and jobs go on', async t => {
  const [first, second] = [await findFreePort(), await findFreePort()]
  const primary = await startRedis(t, '--port', String(first))
  const replica = await startRedis(t, '--port', String(second), '--replicaof', `127.0.0.1 ${first}`)
  await eventually('all of it', async () => /state=online/.test(await primary.command('INFO', 'replication')))
  const sentinel = await startSentinel(t, 'cordon', first)
  await eventually(
    'a replica that is known',
    async () => (await sentinel.command('SENTINEL', 'REPLICAS', 'cordon')) === '*1',
  )
  const sentinels = [{ address: '127.0.0.1', port: sentinel.port }]
  const { work, jobs } = await open(t, primary, { sentinels, master: 'cordon' })
  await work()
  await primary.signal('SIGKILL')
  t.equal(await sentinel.command('SENTINEL', 'SET', 'cordon', 'down-after-milliseconds', '500'), 'OK')
  await eventually('the loss', () => jobs.state().type === 'unusable')
  await work()
  t.ok(Number(await replica.command('DBSIZE')) > 0, 'what was the replica has the jobs')
})

t.test(
  'on a Cluster: machines do each check of the fleet once, over the death of the node that holds them',
  async t => {
    const cluster = await startCluster(t)
    const holder = await cluster.replicateHolderOf('{cordon:home}:updates:wait')
    const machines = await Promise.all(
      ['one', 'two'].map(async instance => {
        const redis = cluster.settings
        const part = await openPart(t, holder.primary, { redis, place: { fleet: 'home', instance } })
        return { ...part, own: workAndRecord(part.jobs, 'clock', ['clock.sync']), checks: [] as string[] }
      }),
    )
    const gate = Promise.withResolvers<void>()
    const confirmed: string[] = []
    for (const { jobs, checks } of machines) {
      await eventually('usable', () => jobs.state().type === 'usable')
      jobs.work('updates', {
        'updates.check': async (_, { id, confirm }) => {
          checks.push(id)
          if (id === 'long') await gate.promise
          await confirm()
          confirmed.push(id)
        },
      })
    }
    /** Both find them due at the same moment. */
    const bothKeep = (ids: readonly string[]): void => {
      for (const [at, id] of ids.entries()) {
        const check = at.toString(16).padStart(32, '0')
        for (const { jobs } of machines) jobs.keep('updates.check', { reason: 'schedule', check }, { id })
      }
    }
    const early = Array.from({ length: 8 }, (_, n) => `early-${n}`)
    const late = Array.from({ length: 8 }, (_, n) => `late-${n}`)
    bothKeep(early)
    await eventually('the early checks', () => early.every(id => confirmed.includes(id)))
    const finished = () => holder.primary.command('ZCARD', '{cordon:home}:updates:completed')
    await eventually('their end', async () => (await finished()) === String(early.length))
    for (const { jobs, own } of machines) {
      const id = await addJob(jobs, 'clock.sync', { reason: 'request' })
      await eventually('a job of this machine alone', () => own.includes(id))
      t.same(own, [id])
    }

    bothKeep(['long'])
    await eventually('a check that runs', () => machines.some(({ checks }) => checks.includes('long')))
    // What a replica has not heard of by then is lost with its primary (Redis Cluster specification, "Write safety").
    const [, offset] = /^master_repl_offset:(\d+)/m.exec(await holder.primary.command('INFO', 'replication')) ?? []
    await eventually('a replica that knows all that', async () => {
      const [, known] = /^slave_repl_offset:(\d+)/m.exec(await holder.replica.command('INFO', 'replication')) ?? []
      return Number(known) >= Number(offset)
    })
    await holder.primary.signal('SIGKILL')
    bothKeep(late)
    await eventually('its replica in its place', async () => (await holder.replica.command('ROLE')) === ROLE_OF_PRIMARY)
    gate.resolve()
    await eventually('the late checks, and the one that ran', () =>
      ['long', ...late].every(id => confirmed.includes(id)),
    )
    t.same(
      machines.flatMap(({ checks }) => checks).toSorted(),
      [...early, ...late, 'long'].toSorted(),
      'each was begun once, by one of the two',
    )
  },
)

t.test('RED-06 a disk that is full: named with the next step, and it heals without a restart', async t => {
  const redis = await prepareRedis(t)
  const disk = await redis.startOnTinyDisk()
  const { jobs, work } = await open(t, redis, { socket: redis.socket })
  await work()
  await redis.command('SET', 'fill', Array.from({ length: 60_000 }, () => Math.random().toString(36)).join(''))
  await redis.command('BGSAVE')
  await eventually('MISCONF', async () => /^-?MISCONF/.test(await redis.command('SET', 'x', '1')))
  await t.rejects(addJob(jobs, 'clock.sync', { reason: 'request' }), {
    code: 'QUE_WRITES_REFUSED',
    message: /it cannot save to its disk/,
    next: /Free its disk/,
  })
  await eventually('the state says so', () => jobs.state().type === 'unusable')
  await disk.grow()
  await redis.command('BGSAVE')
  await work()
})

t.test('RED-09 who speaks HTTP to Redis is cut off before a command is run', async t => {
  const port = await findFreePort()
  const redis = await startRedis(t, '--port', String(port), '--requirepass', 'right')
  const say = async (where: { path: string } | { port: number; host: string }, lines: string): Promise<string> => {
    const socket = connect(where)
    socket.write(lines)
    let heard = ''
    socket.on('data', chunk => {
      heard += chunk
    })
    await once(socket, 'close')
    return heard
  }
  const [http, body] = ['HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 'AUTH right\r\nSET evil 1\r\nQUIT\r\n']
  for (const where of [{ path: redis.socket }, { port, host: '127.0.0.1' }]) {
    for (const first of ['POST / ', 'Host: x\r\nGET / ']) t.equal(await say(where, `${first}${http}${body}`), '')
    t.match(await say(where, body), /\+OK\r\n\+OK\r\n\+OK/, 'the same without HTTP is obeyed')
    t.match(await say(where, 'AUTH right\r\nGETDEL evil\r\nQUIT\r\n'), /\$1\r\n1/)
    t.match(await say(where, 'SET evil 1\r\nQUIT\r\n'), /^-NOAUTH/, 'and nothing without the password')
  }
})

t.test('RED-09 the number of keys stays flat, and jobs hold nothing but what their contract says', async t => {
  const redis = await startRedis(t)
  const { jobs, work, done } = await open(t, redis, { socket: redis.socket })
  await work()
  const run = async (count: number): Promise<number> => {
    const before = done.length
    const add = () => addJob(jobs, 'clock.sync', { reason: 'request' })
    for (let n = 0; n < count; n += 50) await Promise.all(Array.from({ length: 50 }, add))
    await eventually('all are done', () => done.length === before + count)
    return Number(await redis.command('DBSIZE'))
  }
  const settled = await run(400)
  const grown = await run(600)
  t.ok(Math.abs(grown - settled) <= 2, `${settled} keys, then ${grown}`)
  const held = await redis.command('EVAL', JOBS_HELD, '0')
  const jobsHeld: readonly { readonly name: string; readonly data: string }[] = JSON.parse(held)
  t.ok(jobsHeld.length >= 200)
  t.same([...new Set(jobsHeld.map(({ name, data }) => `${name} ${data}`))], ['clock.sync {"reason":"request"}'])
  t.ok(Number(await redis.command('XLEN', '{cordon:home:one}:clock:events')) < 400)
})

/** Every job that Redis holds, as JSON. */
const JOBS_HELD = `
  local jobs = {}
  for _, key in ipairs(redis.call('KEYS', '*')) do
    if redis.call('TYPE', key).ok == 'hash' and redis.call('HEXISTS', key, 'data') == 1 then
      local job = redis.call('HMGET', key, 'name', 'data')
      jobs[#jobs + 1] = { name = job[1], data = job[2] }
    end
  end
  return cjson.encode(jobs)`
