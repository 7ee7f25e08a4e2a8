import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  answers,
  listenPrivately,
  lockDirectory,
  openPrivateDirectory,
  peerUid,
  readFileBounded,
  withDeadline,
  writeFileAtomically,
} from '@cordon/shared/runtime/edge'
import t, { type Test } from 'tap'
import { until } from '../../until.ts'

async function directory(t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'cordon-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}

t.test('a private directory is ours, 0700, and no link', async t => {
  const base = await directory(t)
  const path = join(base, 'a', 'b')
  await openPrivateDirectory(path)
  t.equal((await lstat(path)).mode & 0o777, 0o700)
  await chmod(path, 0o777)
  await openPrivateDirectory(path)
  t.equal((await lstat(path)).mode & 0o777, 0o700, 'an open one is closed')
  await symlink(path, join(base, 'link'))
  await writeFile(join(base, 'file'), '')
  for (const bad of ['link', 'file', 'file/below']) {
    await t.rejects(openPrivateDirectory(join(base, bad)), { code: 'HOST_DIRECTORY_UNSAFE' }, bad)
  }
  await t.rejects(openPrivateDirectory('/proc/cordon/x'), { code: 'HOST_DIRECTORY_UNSAFE', message: /ENOENT/ })
  await Promise.all(Array.from({ length: 8 }, () => openPrivateDirectory(join(base, 'many', 'at', 'once'))))
})

t.test('a file is replaced whole, 0600, through no link, and reading is bounded', async t => {
  const base = await directory(t)
  const path = join(base, 'state.json')
  t.equal(await readFileBounded(path, 10), undefined)
  await writeFile(join(base, 'victim'), 'precious')
  await symlink('victim', path)
  await writeFileAtomically(path, 'one')
  t.equal((await readFileBounded(path, 3))?.toString(), 'one')
  t.equal(await readFile(join(base, 'victim'), 'utf8'), 'precious')
  t.equal((await lstat(path)).mode & 0o777, 0o600)
  await writeFileAtomically(path, 'four')
  await t.rejects(readFileBounded(path, 3), { code: 'CFG_UNREADABLE', message: /larger than 3 bytes/ })
  await t.rejects(readFileBounded(base, 3), { code: 'CFG_UNREADABLE' })
  await t.rejects(writeFileAtomically(join(base, 'none', 'x'), ''), { code: 'CFG_UNREADABLE' })
  t.same(await readdir(base), ['state.json', 'victim'], 'no draft is left')
})

t.test('a writer killed at 20 random moments leaves the old or the new content, whole', async t => {
  const base = await directory(t)
  const path = join(base, 'state')
  // That file alone: the whole edge takes a second of processor time to load, twenty times.
  const writer = import.meta.resolve('@cordon/shared/runtime/edge/atomic-file')
  const program = `import { writeFileAtomically } from ${JSON.stringify(writer)}
    process.stdout.write('ready\\n')
    for (let n = 0; ; n++) await writeFileAtomically(${JSON.stringify(path)}, String(n % 10).repeat(100_000))`
  for (let round = 0; round < 20; round++) {
    const writer = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise(resolve => writer.once('exit', resolve))
    await new Promise(resolve => writer.stdout.once('data', resolve))
    // Let it write a random number of whole files before the kill: the moment within one is then anybody's guess.
    for (let seen = 0; seen <= round % 5; seen++)
      await until('a file', async () => (await readFileBounded(path, 200_000)) !== undefined)
    writer.kill('SIGKILL')
    await ended
    const text = (await readFileBounded(path, 200_000))?.toString() ?? ''
    t.ok(text === '' || /^(\d)\1{99999}$/.test(text), `round ${round}`)
  }
  await writeFileAtomically(path, 'end')
  t.same(await readdir(base), ['state'], 'drafts do not gather')
})

t.test('CTL-11 a socket is 0600 from its first instant under umask 000, and nothing is put in its place', async t => {
  const base = await directory(t)
  const umask = process.umask(0)
  t.teardown(() => process.umask(umask))
  const path = join(base, 's.sock')
  const server = createServer()
  await listenPrivately(server, path)
  t.teardown(() => server.close())
  t.equal((await lstat(path)).mode & 0o777, 0o600)
  t.ok(await answers(path))
  await t.rejects(listenPrivately(createServer(), path), {
    code: 'HOST_SOCKET_UNUSABLE',
    message: /another program listens/,
  })
  await symlink('s.sock', join(base, 'link.sock'))
  await writeFile(join(base, 'file.sock'), 'precious')
  for (const name of ['link.sock', 'file.sock']) {
    await t.rejects(listenPrivately(createServer(), join(base, name)), { code: 'HOST_SOCKET_UNUSABLE' })
  }
  t.equal(await readFile(join(base, 'file.sock'), 'utf8'), 'precious')
  await t.rejects(listenPrivately(createServer(), join(base, 'x'.repeat(100))), {
    code: 'HOST_SOCKET_UNUSABLE',
    next: /--runtime-dir/,
  })
  await t.rejects(listenPrivately(createServer(), join(base, 'none', 's')), { code: 'HOST_SOCKET_UNUSABLE' })
})

t.test('a dead socket is replaced', async t => {
  const base = await directory(t)
  const path = join(base, 's.sock')
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  await new Promise(resolve => spawn(process.execPath, ['-e', program]).once('exit', resolve))
  t.ok((await lstat(path)).isSocket(), 'the leftover is there')
  const server = createServer()
  await listenPrivately(server, path)
  t.teardown(() => server.close())
  t.ok(await answers(path))
})

t.test('SUP-06 the second on a directory is refused, and the lock of a killed one is free', async t => {
  const base = await directory(t)
  const lock = await lockDirectory(base)
  await t.rejects(lockDirectory(base), { code: 'HOST_ALREADY_RUNNING', next: /cordon down/ })
  await lock.release()
  const edge = import.meta.resolve('@cordon/shared/runtime/edge')
  const program = `import { lockDirectory } from ${JSON.stringify(edge)}
    await lockDirectory(${JSON.stringify(base)}); process.stdout.write('held\\n'); setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise(resolve => holder.stdout.once('data', resolve))
  await t.rejects(lockDirectory(base), { code: 'HOST_ALREADY_RUNNING' })
  const ended = new Promise(resolve => holder.once('exit', resolve))
  holder.kill('SIGKILL')
  await ended
  await (await lockDirectory(base)).release()
  await rm(join(base, 'lock'))
  await symlink('elsewhere', join(base, 'lock'))
  await t.rejects(lockDirectory(base), { code: 'HOST_DIRECTORY_UNSAFE' })
})

/** Not every container has the second. */
const LOOPBACKS = (networkInterfaces()['lo'] ?? []).map(({ address }) => address)

t.test('the user behind a loopback connection is known, on each family that is here', async t => {
  t.ok(LOOPBACKS.includes('127.0.0.1'))
  for (const host of LOOPBACKS) {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, host, resolve))
    const accepted = new Promise<number | undefined>(resolve => {
      server.once('connection', socket => {
        resolve(peerUid(socket))
        socket.destroy()
      })
    })
    const client = connect((server.address() as AddressInfo).port, host)
    client.on('error', () => {})
    t.equal(await accepted, process.getuid?.(), host)
    client.destroy()
    await new Promise(resolve => server.close(resolve))
  }
})

t.test('a deadline ends the wait and not the work', async t => {
  t.equal(await withDeadline(Promise.resolve(1), 10_000, () => new Error('late')), 1)
  await t.rejects(
    withDeadline(new Promise(() => {}), 1, () => new Error('late')),
    { message: 'late' },
  )
  await t.rejects(
    withDeadline(Promise.reject(new Error('early')), 10_000, () => new Error('late')),
    { message: 'early' },
  )
})

t.test('what came before a deadline is taken, though this process was held up beyond it', async t => {
  const server = createServer()
  const path = join(await directory(t), 's.sock')
  await listenPrivately(server, path)
  t.teardown(() => server.close())
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = connect({ path })
  await once(client, 'connect')
  const [far] = await accepted
  const heard = withDeadline(once(client, 'data'), 50, () => new Error('late'))
  far.write('in time')
  for (const end = performance.now() + 200; performance.now() < end; );
  t.match(String(await heard), 'in time')
  client.destroy()
  far.destroy()
})
