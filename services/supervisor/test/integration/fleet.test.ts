import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SpanRecord } from '@cordon/shared/telemetry'
import t, { type Test } from 'tap'
import { ROLE_OF_PRIMARY, startCluster } from '../../../../shared/test/queue/redis-cluster-under-test.ts'
import { eventually } from '../../../../shared/test/queue/redis-under-test.ts'
import { Cordon, openLab, until } from './cordon.ts'

t.setTimeout(400_000)
/** A job that was done while nobody could write it down is found after two rounds of 30 s, and done once more. */
const STALLED_TWICE_MS = 150_000
const lab = await openLab()
t.teardown(() => lab.close())

async function open(t: Test, configuration: string): Promise<Cordon> {
  const cordon = await Cordon.create(configuration)
  t.teardown(() => cordon.close())
  const { status, err } = await cordon.run('up', '--lab', '--lab-dir', lab.directory, '--detach')
  if (status !== 0) throw new Error(err)
  await until('the first look at isolation', async () =>
    (await cordon.json('status')).audit.verdict === 'held' ? true : undefined,
  )
  return cordon
}

t.test('two machines on one Redis Cluster: each its own, over the death of a node and of a machine', async t => {
  const cluster = await startCluster(t)
  // As files are shared: the same text on both.
  const configuration = JSON.stringify({ services: [], redis: cluster.settings, apps: { mail: {} } })
  const [one, other] = await Promise.all([open(t, configuration), open(t, configuration)])
  const works = async (cordon: Cordon): Promise<SpanRecord[]> => {
    const { spans }: { spans: SpanRecord[] } = await cordon.json('traces')
    return spans.filter(({ name }) => name === 'job.work')
  }
  for (const cordon of [one, other]) {
    // The look that found isolation held is the one that needs no Redis; that of the job is another.
    await until('the look by a job', async () => ((await works(cordon)).length > 0 ? true : undefined))
    t.match(
      await works(cordon),
      [{ attributes: { job: 'gateway.verify', outcome: 'ok' } }],
      'its own look, and no other',
    )
    const { parts } = await cordon.json('status')
    t.notOk(
      parts.some(({ name }: { name: string }) => name === 'redis'),
      'none is started',
    )
  }
  await one.run('apps', 'add', 'chat')
  const appsOf = async (cordon: Cordon): Promise<string[]> => {
    const { apps } = await cordon.json('apps')
    return apps.filter(({ own }: { own: boolean }) => !own).map(({ id }: { id: string }) => id)
  }
  t.same([await appsOf(one), await appsOf(other)], [['chat', 'mail'], ['mail']], 'what is added here is here alone')

  const instance = await readFile(join(other.directory, 's', 'instance'), 'utf8')
  const queue = `{cordon:default:${instance.trim()}}:gateway:completed`
  const { primary, replica } = await cluster.replicateHolderOf(queue)
  await eventually('the job to be written down as done', async () => (await primary.command('ZCARD', queue)) === '1')
  await primary.signal('SIGKILL')
  process.kill(await one.supervisorPid(), 'SIGKILL')
  await eventually('a replica in its place', async () => (await replica.command('ROLE')) === ROLE_OF_PRIMARY)
  t.equal(await replica.command('ZCARD', queue), '1', 'with what the other machine had queued')

  const before = await other.pid('gateway')
  process.kill(before, 'SIGKILL')
  await other.backFrom('gateway', before, performance.now())
  await until('a look by a job on the replica', async () => ((await works(other)).length > 0 ? true : undefined))
  t.equal((await other.json('audit')).verdict, 'held')
  const finished = async (): Promise<boolean> => Number(await replica.command('ZCARD', queue)) > 1
  await until('both jobs', finished, STALLED_TWICE_MS)
})
