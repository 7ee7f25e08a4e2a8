import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Test, test } from 'tap'
import { FloorFile } from '../../src/edge/floor-file.ts'

const FLOOR_FILE = fileURLToPath(new URL('../../src/edge/floor-file.ts', import.meta.url))
/** Each is a process of its own, which takes its time. */
const KILLS = 4
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

test('a kill at any moment leaves the floor of before or after', async t => {
  const directory = await openDirectory(t)
  const program = `
    const { FloorFile } = await import(${JSON.stringify(FLOOR_FILE)})
    const floor = new FloorFile(${JSON.stringify(directory)})
    for (let at = Number(process.argv[1]); ; at += 1000) {
      await floor.raise(at)
      process.stdout.write(at + '\\n')
    }`
  let known = START
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program, String(known + 1000)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let told = ''
    const lines = 1 + Math.floor(Math.random() * 12)
    for await (const chunk of child.stdout) {
      told += chunk
      if (told.split('\n').length > lines) break
    }
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    const last = Number(told.trim().split('\n').at(-1))
    const floor = await new FloorFile(directory).read()
    if (floor.type !== 'known' || floor.unixMs === undefined) throw new Error(`kill ${kill} lost the floor`)
    t.ok(floor.unixMs >= last, 'what was told to be written is there')
    t.equal((floor.unixMs - START) % 1000, 0, 'and is whole')
    known = floor.unixMs
  }
  t.ok((await readdir(directory)).length <= 4, 'a draft of each at most is left behind')
})
