import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { layOutRuntime } from '@cordon/shared/contracts'
import t, { type Test } from 'tap'
import { SOCKET_DIRECTORIES, SYSTEM_PARTS, userOf } from '../parts.ts'
import { formatSystemFiles, LIBRARY, RELAYS_UNIT } from '../units.ts'

const HERE = fileURLToPath(new URL('..', import.meta.url))
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** Of ten: what `systemd-analyze security` may at most find exposed, in tenths. */
const EXPOSURE_MOST = 19

const analyze = (...args: readonly string[]): Promise<{ status: number; output: string }> =>
  new Promise(resolve => {
    // Without the two, the manager of a user does not even begin to read.
    const env = { PATH: '/usr/bin:/bin', SYSTEMD_LOG_LEVEL: 'warning', HOME: tmpdir(), XDG_RUNTIME_DIR: tmpdir() }
    execFile('systemd-analyze', ['--no-pager', ...args], { env }, (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), output: stdout + stderr }),
    )
  })

/** Write the units with programs that are there: systemd looks for what it is to execute. */
async function writeUnits(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-units-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  for (const [name, text] of formatSystemFiles()) {
    const path = join(directory, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(
      path,
      text.replaceAll(`${LIBRARY}/bin/node`, process.execPath).replaceAll('/usr/bin/cordon', '/bin/true'),
    )
  }
  return directory
}

t.test('the files are what the table says', async t => {
  for (const [name, text] of formatSystemFiles()) {
    t.equal(await readFile(join(HERE, name), 'utf8'), text, `${name}; else run npm run units`)
  }
})

t.test('systemd finds no mistake in any unit', async t => {
  const directory = await writeUnits(t)
  const units = [...formatSystemFiles().keys()]
    .filter(name => name.startsWith('system/'))
    .map(name => join(directory, name))
  t.same(await analyze('verify', '--man=no', ...units), { status: 0, output: '' })
  const user = join(directory, 'user', 'cordon.service')
  t.match(await analyze('verify', '--user', '--man=no', user), { status: 0 })
  // The check sees mistakes.
  const broken = join(directory, 'system', 'cordon-tor.service')
  await writeFile(broken, (await readFile(broken, 'utf8')).replace('ProtectSystem=strict', 'ProtectSystems=strict'))
  t.match(await analyze('verify', '--man=no', broken), { output: /ProtectSystems/ })
})

t.test('systemd rates the exposure of every service below 2.0, and one without its confinement above', async t => {
  const directory = await writeUnits(t)
  const rate = (path: string) => analyze('security', '--offline=true', `--threshold=${EXPOSURE_MOST}`, path)
  for (const unit of [...SYSTEM_PARTS.map(({ name }) => userOf(name)), RELAYS_UNIT]) {
    const { status, output } = await rate(join(directory, 'system', `${unit}.service`))
    t.equal(status, 0, output.trim().split('\n').at(-1) ?? '')
  }
  const bare = join(directory, 'bare.service')
  await writeFile(bare, `[Service]\nExecStart=${process.execPath}\n`)
  t.not((await rate(bare)).status, 0)
})

t.test('every part has a program, a user, its directories and no way out but tor', async t => {
  const layout = layOutRuntime('/run/cordon', 'group')
  t.same(
    new Set(SOCKET_DIRECTORIES.map(({ name }) => `/run/cordon/${name}`)),
    new Set(layout.socketDirectories),
    'each directory of sockets is made',
  )
  for (const { name, exec, more = [] } of SYSTEM_PARTS) {
    const [entry = ''] = /@lib@\/\S+\.(ts|js)/.exec(exec) ?? []
    t.ok(await readFile(entry.replace('@lib@', ROOT)), entry)
    t.equal(more.includes('IPAddressDeny=any'), name !== 'tor', name)
  }
  const users = formatSystemFiles().get('sysusers.d/cordon.conf') ?? ''
  for (const { name, group, groups } of SYSTEM_PARTS) {
    for (const who of [userOf(name), group, ...groups]) t.match(users, new RegExp(`^[ug] ${who} `, 'm'))
  }
})
