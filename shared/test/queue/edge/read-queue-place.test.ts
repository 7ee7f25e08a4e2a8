import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readQueuePlace } from '@cordon/shared/queue/edge'
import t from 'tap'

const directory = await mkdtemp(join(tmpdir(), 'cordon-place-'))
t.teardown(() => rm(directory, { recursive: true }))

t.test(
  'parts that start at the same moment queue in one place, which stays and which damage does not hold',
  async t => {
    const readAll = () => Promise.all(Array.from({ length: 8 }, () => readQueuePlace(directory)))
    const places = await readAll()
    t.match(places[0]?.instance, /^[0-9a-f]{32}$/)
    t.equal(new Set(places.map(({ instance }) => instance)).size, 1)
    t.same(await readQueuePlace(directory), places[0])
    t.same(await readdir(directory), ['instance'], 'no draft is left')
    await writeFile(join(directory, 'instance'), 'cut')
    t.match((await readQueuePlace(directory)).instance, /^[0-9a-f]{32}$/)
    t.same(await readQueuePlace(directory), await readQueuePlace(directory))
  },
)
