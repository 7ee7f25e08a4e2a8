import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { ProductFile } from '../../src/edge/product-file.ts'
import { EMPTY_MEMORY, type ProductMemory } from '../../src/verdict/index.ts'

const WRITER = fileURLToPath(new URL('../product-file-writer.ts', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'cordon-memory-'))
const cache = mkdtempSync(join(tmpdir(), 'cordon-compiled-'))
t.teardown(() => {
  for (const path of [directory, cache]) rmSync(path, { recursive: true })
})
/** Twenty writers are started: what the first has compiled the others need not. */
const ENV = { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: cache }

const save = (file: ProductFile, memory: ProductMemory): Promise<void> =>
  file.change(
    () => memory,
    () => {},
  )

/** A memory of which each part tells which one it is. */
const isWhole = ({ highestVersion, tuf }: ProductMemory): boolean =>
  highestVersion === null || Object.values(tuf).every(text => text === `${highestVersion}`.repeat(5000))

t.test('UPD-12 SIGKILL at 20 random moments of writing: the old or the new memory, whole', async t => {
  let newest = 0
  for (let round = 0; round < 20; round++) {
    const writer = spawn(process.execPath, [WRITER, directory, 'killed', String(newest)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: ENV,
    })
    let said = ''
    writer.stdout.on('data', chunk => {
      said += String(chunk)
      // Somewhere within one of the writes that follow the first.
      if (said.length > 0) setTimeout(() => writer.kill('SIGKILL'), Math.random() * 20)
    })
    await once(writer, 'close')
    const saved = Number(said.trim().split('\n').at(-1))
    const memory = await new ProductFile(directory, 'killed').load()
    newest = Number(memory.highestVersion)
    if (!isWhole(memory) || newest < saved) t.fail(`round ${round}: ${newest} after ${saved} was saved`)
  }
  // At least one each time; on a slow disk no second one is begun before the kill.
  t.ok(newest >= 20, `${newest} were written`)
})

t.test('UPD-12 a full disk: what was saved last stays, here and on disk', async t => {
  const script = `mount -t tmpfs -o size=600k none "$1" && exec "$2" "$3" "$1" full 0`
  const child = spawn(
    'unshare',
    ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', directory, process.execPath, WRITER],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...ENV, FILL: '1' } },
  )
  let said = ''
  child.stdout.on('data', chunk => {
    said += String(chunk)
  })
  await once(child, 'close')
  const lines = said.trim().split('\n')
  t.match(lines.at(-2), /^CFG_UNREADABLE .*ENOSPC/)
  t.equal(lines.at(-1), `kept ${lines.at(-3)}`, 'the last one that was saved')
})

t.test('a damaged memory is no empty one: a rollback would pass unseen', async t => {
  const file = new ProductFile(directory, 'damaged')
  t.same(await file.load(), EMPTY_MEMORY, 'positive control: there is none')
  for (const content of ['', '{', '[]', JSON.stringify({ ...EMPTY_MEMORY, format: 2 })]) {
    writeFileSync(join(directory, 'damaged.json'), content)
    await t.rejects(file.load(), { code: 'UPD_STATE_INVALID' }, content)
  }
  await save(file, { ...EMPTY_MEMORY, highestVersion: '1' })
  t.match(await file.load(), { highestVersion: '1' })
  await file.forget()
  t.same(await file.load(), EMPTY_MEMORY)
  t.notOk(readdirSync(directory).includes('damaged.json'))
})

t.test('what could not be read again is not written: a source must not break the next start', async t => {
  const file = new ProductFile(directory, 'strange')
  const good = { ...EMPTY_MEMORY, highestVersion: '1' }
  await save(file, good)
  const answer = {
    ...{ version: '1', signedBy: [], signedAtMs: null, publishedAtMs: null, validUntilMs: null, checkedAtMs: 1 },
    ...{ download: null, question: 'q' },
  }
  await save(file, { ...good, answer })
  for (const [name, strange] of Object.entries({
    'a version that is none': { ...answer, version: '1.0\u001b[2J' },
    'a version without end': { ...answer, version: '1'.repeat(129) },
    'more signers than anybody has': { ...answer, signedBy: Array.from({ length: 65 }, () => 'a') },
  })) {
    await t.rejects(save(file, { ...good, answer: strange }), { code: 'UPD_MALFORMED' }, name)
  }
  const large = { ...good, tuf: { 'targets.json': 'a'.repeat(67_108_864) } }
  await t.rejects(save(file, large), { code: 'UPD_MALFORMED' }, 'metadata without end')
  t.same(await file.load(), { ...good, answer })
})

t.test('who writes at one time writes one after another, and the last word stays', async t => {
  const file = new ProductFile(directory, 'busy')
  const memory = (round: number): ProductMemory => ({
    ...EMPTY_MEMORY,
    highestVersion: String(round),
    tuf: { a: String(round).repeat(5000) },
  })
  await Promise.all(Array.from({ length: 40 }, (_, round) => save(file, memory(round))))
  t.same(await file.load(), memory(39))
  const [, forgotten] = await Promise.all([save(file, memory(40)), file.forget(), save(file, memory(41))])
  t.equal(forgotten, true)
  t.same(await file.load(), memory(41))
  await Promise.all([save(file, memory(42)), file.forget()])
  t.same(await file.load(), EMPTY_MEMORY, 'what was forgotten last is not there again')
})
