import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import type { AppId } from '@cordon/shared/isolation'
import { answers } from '@cordon/shared/runtime/edge'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import t, { type Test } from 'tap'
import { declareApps, EMPTY_REGISTRY } from '../../src/apps/index.ts'
import { AppTable } from '../../src/edge/app-table.ts'
import type { SessionSettings } from '../../src/edge/session.ts'

/** As long as an app that could not be opened waits for the next attempt. */
const RETRY_MS = 5000

/** A table whose attempts are made when the test says so. */
async function open(t: Test) {
  mock.timers.enable({ apis: ['setInterval'] })
  const directory = await mkdtemp(join(tmpdir(), 'cordon-table-'))
  const socketPath = (app: string): string => join(directory, app)
  const table = new AppTable({
    socketPath,
    settings: () => ({ handshakesPerApp: 0 }) as SessionSettings, // who connects only looks whether it listens
    access: 'user',
    users: () => true,
    onApplied: async () => {},
    onRetried: async () => {},
    telemetry: openTelemetry({ part: 'gateway', strict: true }),
  })
  t.teardown(async () => {
    await table.close()
    mock.timers.reset()
    await rm(directory, { recursive: true, force: true })
  })
  return { table, socketPath, retry: () => mock.timers.tick(RETRY_MS) }
}

/** Cordon's own apps, which listen on AF_UNIX alone. */
const { apps: APPS } = declareApps({}, EMPTY_REGISTRY, () => 0)

t.test('an attempt at what is missing that falls into a change does not get in its way', async t => {
  const { table, retry } = await open(t)
  let isDone = false
  const applied = table.apply(APPS).then(() => {
    isDone = true
  })
  while (!isDone) {
    retry()
    await new Promise(resolve => setImmediate(resolve))
  }
  await applied
  t.ok(APPS.length > 1)
  for (const { id } of APPS) t.equal(table.troubleOf(id), undefined, id)
})

t.test('an app that is removed while it is tried again does not listen', async t => {
  const { table, socketPath, retry } = await open(t)
  const [app] = APPS
  if (app === undefined) throw new Error('no app')
  const path = socketPath(app.id)
  await mkdir(path)
  await table.apply([app])
  t.match(table.troubleOf(app.id), /cannot be used/)
  await rm(path, { recursive: true })
  retry()
  await table.apply([])
  t.notOk(await answers(path))
  await table.apply([app])
  t.ok(await answers(path), 'and one that is there does')
})

t.test('what is applied after the end opens nothing', async t => {
  const { table, socketPath } = await open(t)
  await table.close()
  await table.apply(APPS)
  for (const { id } of APPS) t.notOk(await answers(socketPath(id as AppId)), id)
})
