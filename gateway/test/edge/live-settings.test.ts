import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import t from 'tap'
import { LiveSettings } from '../../src/edge/live-settings.ts'
import { until } from '../gateway-under-test.ts'

t.test('what is read first is taken first, however long that takes, and the end waits for it', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-settings-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, 'cordon.yaml')
  const settings = new LiveSettings(path, {}, openTelemetry({ part: 'gateway', strict: true }))
  const first = Promise.withResolvers<void>()
  const taken: (readonly string[])[] = []
  let begun = 0
  const take = async ({ apps = {} }): Promise<void> => {
    begun += 1
    if (begun === 1) await first.promise
    taken.push(Object.keys(apps))
  }
  settings.follow(take, () => {})
  await writeFile(path, 'apps: { mail: {} }\n')
  settings.reload()
  await until('the first to be taken', () => begun === 1)
  await writeFile(path, 'apps: { chat: {} }\n')
  settings.reload()
  let isOver = false
  const over = settings.stop().then(() => {
    isOver = true
  })
  await new Promise(resolve => setImmediate(resolve))
  t.equal(begun, 1)
  t.notOk(isOver)
  first.resolve()
  await over
  t.same(taken[0], ['mail'])
  t.same(taken.at(-1), ['chat'])
  const before = begun
  settings.reload()
  t.equal(begun, before, 'and what follows is not read')
})
