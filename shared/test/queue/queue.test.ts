import { JOBS, QUEUE_NAMES, RESUME_ORDER } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import {
  explainRedisError,
  judgeJob,
  judgeRedis,
  KeptJobs,
  planFollowUp,
  prefixOf,
  readRawPayload,
} from '@cordon/shared/queue'
import t from 'tap'

t.test('every queue has jobs of one scope, and every job says what it may hold and no more', async t => {
  for (const queue of QUEUE_NAMES) {
    const jobs = Object.values(JOBS).filter(job => job.queue === queue)
    t.equal(new Set(jobs.map(({ scope }) => scope)).size, 1, queue)
  }
  for (const [name, { payload, queue }] of Object.entries(JOBS)) {
    t.match(payload, { additionalProperties: false }, name)
    t.equal(name.split('.')[0], queue, 'a job is named for who does it')
    t.notMatch(Object.keys(payload.properties), /host|address|url|name|secret|password/, 'no destination, no secret')
  }
})

t.test('a job is accepted only in its queue, by its name and in its shape', async t => {
  t.match(judgeJob('clock', 'clock.sync', { reason: 'resume' }), { type: 'accepted', name: 'clock.sync' })
  const refused: readonly (readonly [unknown, unknown, string])[] = [
    ['clock.step', { reason: 'resume' }, 'unknown-job'],
    ['gateway.verify', { reason: 'resume' }, 'unknown-job'],
    ['constructor', { reason: 'resume' }, 'unknown-job'],
    ['__proto__', { reason: 'resume' }, 'unknown-job'],
    [undefined, { reason: 'resume' }, 'unknown-job'],
    ['clock.sync', { reason: 'because' }, 'payload'],
    ['clock.sync', { reason: 'resume', host: 'time.example' }, 'payload'],
    ['clock.sync', null, 'payload'],
    ['clock.sync', [], 'payload'],
  ]
  for (const [name, payload, why] of refused) t.same(judgeJob('clock', name, payload), { type: 'refused', why })
})

t.test('a payload that is too long or no JSON is not parsed, and then refused', async t => {
  for (const data of [`"${'x'.repeat(2000)}"`, '{', '', 'undefined']) {
    t.equal(readRawPayload({ name: 'clock.sync', data }), 'null')
  }
  t.equal(readRawPayload({ name: 'clock.sync', data: '{"reason":"resume"}' }), '{"reason":"resume"}')
})

t.test('keys of two fleets or instances never meet', async t => {
  const place = { fleet: 'home', instance: 'a1' }
  t.equal(prefixOf('updates', place), '{cordon:home}')
  t.equal(prefixOf('clock', place), '{cordon:home:a1}')
  for (const bad of ['', 'a:b', 'a}', '{', 'A', 'x'.repeat(65)]) {
    t.throws(() => prefixOf('clock', { fleet: bad, instance: 'a' }), { name: 'InternalError' }, bad)
    t.throws(() => prefixOf('clock', { fleet: 'a', instance: bad }), { name: 'InternalError' }, bad)
  }
})

t.test('a resume goes on from the clock to the rest, and nothing else goes on', async t => {
  t.equal(planFollowUp('clock.sync', 'resume'), 'health.check')
  t.equal(planFollowUp('health.check', 'resume'), 'gateway.verify')
  t.equal(planFollowUp('gateway.verify', 'resume'), undefined)
  t.equal(planFollowUp('updates.check', 'resume'), undefined)
  t.equal(planFollowUp('clock.sync', 'schedule'), undefined)
  t.equal(RESUME_ORDER[0], 'clock.sync')
})

const INFO = 'redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\n'

t.test('a Redis that cannot carry jobs is named, with the next step (RED-06)', async t => {
  t.equal(judgeRedis(INFO), undefined)
  t.equal(judgeRedis(INFO.replace('7.0.15', '6.2.0')), undefined)
  for (const old of ['6.0.16', '5.0.3', '2.8.24']) {
    t.match(judgeRedis(INFO.replace('7.0.15', old)), { code: 'QUE_REDIS_TOO_OLD', next: /6\.2/ }, old)
  }
  t.match(judgeRedis(''), { code: 'QUE_REDIS_TOO_OLD' })
  t.match(judgeRedis(INFO.replace('noeviction', 'allkeys-lru')), { code: 'QUE_EVICTION_POLICY', next: /noeviction/ })
  t.match(judgeRedis('redis_version:7.0.15'), { code: 'QUE_EVICTION_POLICY' })
  const replies = {
    'WRONGPASS invalid username-password pair or user is disabled.': 'QUE_PASSWORD_REFUSED',
    'NOAUTH Authentication required.': 'QUE_PASSWORD_REFUSED',
    "NOPERM this user has no permissions to run the 'eval' command": 'QUE_SCRIPTS_REFUSED',
    "ERR unknown command 'eval', with args beginning with: ": 'QUE_SCRIPTS_REFUSED',
    "OOM command not allowed when used memory > 'maxmemory'.": 'QUE_WRITES_REFUSED',
    'MISCONF Redis is configured to save RDB snapshots, but it is unable to persist on disk.': 'QUE_WRITES_REFUSED',
    "READONLY You can't write against a read only replica.": 'QUE_WRITES_REFUSED',
    'connect ECONNREFUSED': 'QUE_UNREACHABLE',
  }
  for (const [reply, code] of Object.entries(replies)) {
    t.match(explainRedisError(new Error(reply)), { code, retry: 'after-waiting', next: /\w/ }, reply)
  }
  t.match(explainRedisError('what'), { code: 'QUE_UNREACHABLE' })
  const fault = new Fault('QUE_CLOSED', 'closed', { where: 'process', retry: 'never' })
  t.equal(explainRedisError(fault), fault)
})

t.test('kept jobs are bounded, in order, and one for each id', async t => {
  const kept = new KeptJobs()
  const job = (id: string) =>
    ({ id, name: 'clock.sync', payload: { reason: 'start' }, traceParent: undefined }) as const
  for (let n = 0; n < 64; n++) kept.keep(job(`j${n}`))
  kept.keep(job('j5'))
  t.throws(() => kept.keep(job('one-more')), { code: 'QUE_PENDING_FULL' })
  kept.release('j0')
  kept.keep(job('one-more'))
  t.same(
    kept
      .list()
      .map(({ id }) => id)
      .slice(0, 1),
    ['j1'],
  )
  t.equal(kept.list().length, 64)
})
