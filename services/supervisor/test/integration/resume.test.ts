import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GatewayStatus } from '@cordon/shared/contracts'
import { layOutRuntime } from '@cordon/shared/contracts/runtime-layout'
import { monotonicNow } from '@cordon/shared/runtime/edge'
import { parseTarget } from '@cordon/shared/socks'
import type { SpanRecord } from '@cordon/shared/telemetry'
import { dialAppPort, freshCredentials } from '@cordon/shared/through-tor/edge'
import t from 'tap'
import type { Directories } from '../../src/cli/index.ts'
import { ask } from '../../src/edge/api-client.ts'
import { prepareInstance } from '../../src/edge/run-instance.ts'
import { openLab, until } from './cordon.ts'

t.setTimeout(200_000)
const lab = await openLab()
t.teardown(() => lab.close())

const directory = await mkdtemp(join(tmpdir(), 'cordon-resume-'))
t.teardown(() => rm(directory, { recursive: true, force: true }))

/** Ten minutes asleep, for the clocks. */
const ASLEEP_MS = 600_000

t.test(
  'SUP-08 after a sleep: streams on dead circuits fail fast, and the queue goes on, the clock first and the rest after it',
  async t => {
    const configurationFile = join(directory, 'cordon.yaml')
    await writeFile(configurationFile, 'services: [clock]\napps: { mail: {} }\n')
    const directories: Directories = {
      configurationFile,
      configurationNamed: true,
      stateDirectory: join(directory, 's'),
      runtimeDirectory: join(directory, 'r'),
    }
    // The kernel has no way to move CLOCK_BOOTTIME of a process that runs, so the two clocks come in as an argument;
    // that nothing of ours runs meanwhile is real.
    let asleepMs = 0
    const instance = await prepareInstance({
      directories,
      labDirectory: lab.directory,
      access: 'user',
      onLog: () => {},
      readClocks: () => ({ asleepMs, now: monotonicNow() }),
    })
    await instance.start()
    t.teardown(() => instance.stop())
    const { parts, apps } = await until('readiness', async () => {
      const status = await instance.status()
      return status.state === 'ready' ? status : undefined
    })
    const open = async () => {
      const target = parseTarget('bulk.example')
      const call = { credentials: freshCredentials(), target, port: 80, deadlineMs: 40_000 }
      const stream = await dialAppPort({ appSocket: apps[0]?.socket ?? '', ...call })
      t.teardown(() => stream.destroy())
      return stream.resume()
    }
    const stream = await open()
    const read = (value: unknown) => value as GatewayStatus
    const question = { method: 'GET', path: '/v1/status', read } as const
    const readClock = async () => (await ask(layOutRuntime(join(directory, 'r')).gatewaySocket, question)).clock.state
    await until('a trusted clock', async () => (await readClock()) === 'trusted')

    const ours = parts.flatMap(({ name, pid }) => (name === 'lab' || pid === null ? [] : [pid]))
    t.ok(ours.length >= 3)
    for (const pid of ours) process.kill(pid, 'SIGSTOP')
    asleepMs += ASLEEP_MS
    for (const pid of ours) process.kill(pid, 'SIGCONT')
    await until('the end of the stream', () => (stream.readableEnded ? true : undefined), 20_000)

    const spansOf = async (socket: 'gatewaySocket' | 'supervisorSocket') => {
      const read = (value: unknown) => (value as { spans: SpanRecord[] }).spans
      return await ask(layOutRuntime(join(directory, 'r'))[socket], { method: 'GET', path: '/v1/spans', read })
    }
    const resumed = await until('the end of the resume', async () => {
      const spans = await spansOf('supervisorSocket')
      const whole = spans.find(({ name }) => name === 'machine.resume')
      return whole === undefined ? undefined : { whole, steps: spans.filter(one => one.parentSpanId === whole.spanId) }
    })
    t.match(resumed.whole.attributes, { outcome: 'ok' })
    const steps = resumed.steps.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt))
    t.same(
      steps.map(({ attributes }) => [attributes['step'], attributes['outcome']]),
      [
        ['circuits', 'ok'],
        ['health', 'ok'],
        ['queue', 'ok'],
      ],
    )
    t.ok(Number(steps[0]?.attributes['circuitsClosed']) > 0)
    t.same(
      (await instance.status()).parts.map(({ pid }) => pid),
      parts.map(({ pid }) => pid),
      'no part was replaced',
    )
    t.notOk((await open()).destroyed, 'and on new circuits the next stream goes through')

    const { traceId } = resumed.whole
    const jobs = await until('the last job of the chain', async () => {
      const done = (await spansOf('gatewaySocket')).filter(span => span.name === 'job.work' && span.traceId === traceId)
      return done.some(({ attributes }) => attributes['job'] === 'gateway.verify') ? done : undefined
    })
    t.same(
      jobs.map(({ attributes }) => [attributes['job'], attributes['reason'], attributes['outcome']]),
      [
        ['health.check', 'resume', 'ok'],
        ['gateway.verify', 'resume', 'ok'],
      ],
      'each after the one before, in the trace of the wake-up; the job of the clock began the chain',
    )
    t.equal(await readClock(), 'trusted')
  },
)
