import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Test, test } from 'tap'
import { FloorFile } from '../../src/edge/floor-file.ts'

const FLOOR_FILE = fileURLToPath(new URL('../../src/edge/floor-file.ts', import.meta.url))
/** A process takes its time to start, so each writes several floors at once: a kill meets each at another step. */
const [KILLS, FLOORS] = [4, 5]
/** Turns of this loop until a kill, at most: several writes. Arbitrary. */
const MOST_TURNS = 4000
const START = 1_790_000_000_000

async function openDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-floor-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

test('CLK-07 the floor rises, never falls, and is there after a restart', async t => {
  const directory = await openDirectory(t)
  const floor = new FloorFile(directory)
  t.same(await floor.read(), { type: 'known', unixMs: undefined })
  await floor.raise(START)
  await floor.raise(START - 5000)
  await floor.raise(START + 1000)
  t.same(await new FloorFile(directory).read(), { type: 'known', unixMs: START + 1000 })
  for (const path of floor.paths) t.equal((await lstat(path)).mode & 0o777, 0o600)
})

test('damage to one record costs one round; damage to all is noticed, and not taken for a new beginning', async t => {
  const damages: readonly [string, (path: string) => Promise<void>][] = [
    ['cut', path => writeFile(path, 'cordon floor 1 17')],
    ['emptied', path => writeFile(path, '')],
    ['garbage', path => writeFile(path, Buffer.alloc(4096, 0xff))],
    [
      'a link',
      async path => {
        await rm(path)
        await symlink('/etc/hostname', path)
      },
    ],
    [
      'a link to a right one elsewhere',
      async path => {
        const elsewhere = await openDirectory(t)
        await new FloorFile(elsewhere).raise(START + 1e9)
        await rm(path)
        await symlink(join(elsewhere, 'floor-a'), path)
      },
    ],
  ]
  for (const [name, damage] of damages) {
    const directory = await openDirectory(t)
    const floor = new FloorFile(directory)
    await floor.raise(START)
    await floor.raise(START + 1000)
    const [first = '', second = ''] = floor.paths
    await damage(second)
    t.same(await floor.read(), { type: 'known', unixMs: START }, `${name}: the older record holds`)
    await floor.raise(START + 2000)
    t.same(await floor.read(), { type: 'known', unixMs: START + 2000 }, `${name}: and the damaged one is replaced`)
    t.ok((await lstat(second)).isFile(), 'by a file, not through a link')
    await damage(first)
    await damage(second)
    t.same(await floor.read(), { type: 'lost' }, `${name}: all of it`)
    await floor.raise(START + 3000)
    t.same(await floor.read(), { type: 'lost' }, 'what is lost is not begun anew by itself')
  }
})

test('a disk that takes nothing leaves the old floor', async t => {
  const directory = await openDirectory(t)
  const floor = new FloorFile(directory)
  await floor.raise(START)
  // A directory where the draft should be: the write fails as it does on a full disk, before anything is replaced.
  for (const name of ['.floor-a.draft', '.floor-b.draft']) await mkdir(join(directory, name))
  await t.rejects(floor.raise(START + 1000), { code: 'CFG_UNREADABLE' })
  t.same(await floor.read(), { type: 'known', unixMs: START })
})

/** Start a writer that raises each floor by a second at a time and says so, and kill it at a random moment. */
async function killWriter(directories: readonly string[], from: readonly number[]): Promise<readonly number[]> {
  const program = `
    const { FloorFile } = await import(${JSON.stringify(FLOOR_FILE)})
    const from = ${JSON.stringify(from)}
    const write = async (directory, number) => {
      const floor = new FloorFile(directory)
      for (let at = from[number] + 1000; ; at += 1000) {
        await floor.raise(at)
        process.stdout.write(number + ' ' + at + '\\n')
      }
    }
    await Promise.all(${JSON.stringify(directories)}.map(write))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  let told = ''
  child.stdout.on('data', chunk => {
    told += chunk
  })
  await Promise.race([once(child.stdout, 'data'), closed])
  // A line is told between two writes; some turns later the kill meets any step of one.
  for (let turns = Math.floor(Math.random() * MOST_TURNS); turns > 0; turns--) await nextTurn()
  child.kill('SIGKILL')
  await closed
  const last = [...from]
  for (const line of told.split('\n').slice(0, -1)) {
    const [number, at] = line.split(' ').map(Number)
    last[number ?? 0] = at ?? 0
  }
  return last
}

test('twenty writes that a kill meets at random moments leave the floor of before or after', async t => {
  const directories = await Promise.all(Array.from({ length: FLOORS }, () => openDirectory(t)))
  let known: readonly number[] = directories.map(() => START)
  for (const directory of directories) await new FloorFile(directory).raise(START)
  for (let kill = 0; kill < KILLS; kill++) {
    const last = await killWriter(directories, known)
    t.notSame(last, known, 'it wrote')
    const floors = await Promise.all(directories.map(directory => new FloorFile(directory).read()))
    known = floors.map((floor, number) => {
      if (floor.type !== 'known' || floor.unixMs === undefined) throw new Error(`kill ${kill} lost a floor`)
      const told = last[number] ?? 0
      t.ok([told, told + 1000].includes(floor.unixMs), 'what was told to be written, or what came next')
      return floor.unixMs
    })
  }
  for (const directory of directories) {
    t.ok((await readdir(directory)).length <= 4, 'a draft of each at most is left behind')
  }
})
