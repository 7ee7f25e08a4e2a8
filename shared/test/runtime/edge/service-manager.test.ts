import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPartArguments, takeActivatedSocket } from '@cordon/shared/runtime/edge'
import t from 'tap'

const EDGE = import.meta.resolve('@cordon/shared/runtime/edge')

t.test('a part is told where it lives, and shares nothing unless it is told to', async t => {
  const umask = process.umask()
  t.teardown(() => process.umask(umask))
  process.umask(0)
  const needed = ['--config', '/c', '--state-dir', '/s', '--runtime-dir', '/r']
  const { configurationFile, stateDirectory, layout } = readPartArguments(needed)
  t.same([configurationFile, stateDirectory, layout.directory, layout.access], ['/c', '/s', '/r', 'user'])
  t.equal(process.umask(), 0o077)
  t.equal(readPartArguments([...needed, '--access', 'group']).layout.access, 'group')
  for (const wrong of [needed.slice(2), [...needed, '--access', 'all'], [...needed, '--access', ''], ['--help']]) {
    t.throws(() => readPartArguments(wrong), { message: /usage|Unknown option/ }, wrong.join(' '))
  }
})

t.test('a socket of the service manager is taken by its name, once, by the process that it was meant for', async t => {
  const env = { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'other:admin.sock' }
  t.equal(takeActivatedSocket('/r/gateway/admin.sock', { ...env }, 8), undefined, 'not by another process')
  t.equal(takeActivatedSocket('/r/gateway/else.sock', { ...env }, 7), undefined)
  t.equal(takeActivatedSocket('/r/gateway/admin.sock', { ...env, LISTEN_FDS: '1' }, 7), undefined, 'not past the count')
  t.equal(takeActivatedSocket('/r/gateway/admin.sock', {}, 7), undefined)
  t.same(takeActivatedSocket('/r/gateway/admin.sock', env, 7), { fd: 4 })
  t.equal(takeActivatedSocket('/r/gateway/admin.sock', env, 7), undefined, 'once')
})

t.test('a service that systemd starts listens on the socket it was given, says READY, and shows how it is', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-sd-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, 'admin.sock')
  const health = join(directory, 'gateway', 'health.sock')
  const program = `
    import { createServer } from 'node:net'
    import * as edge from ${JSON.stringify(EDGE)}
    edge.answerHealth()
    const { layout } = edge.readPartArguments(['--config', '/c', '--state-dir', '/s', '--access', 'group',
      '--runtime-dir', ${JSON.stringify(directory)}])
    const server = createServer(socket => socket.end('activated'))
    await edge.listenPrivately(server, ${JSON.stringify(path)}, 'group')
    const { mkdir } = await import('node:fs/promises')
    await mkdir(${JSON.stringify(join(directory, 'gateway'))})
    await edge.openHealthSocket(layout, 'gateway')
    edge.announce({ type: 'ready' })`
  // Python makes the datagram socket, which Node cannot, and plays the service manager.
  const manager = `
import os, socket, sys
directory, path, *command = sys.argv[1:]
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); notify.bind(directory + '/notify')
listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM); listener.bind(path); listener.listen()
pid = os.fork()
if pid == 0:
    os.dup2(listener.fileno(), 3)
    os.environ.update(NOTIFY_SOCKET=directory + '/notify', WATCHDOG_USEC='200000', LISTEN_FDS='1',
                      LISTEN_FDNAMES='admin.sock', LISTEN_PID=str(os.getpid()))
    os.execvp(command[0], command)
heard = b''
while b'READY=1' not in heard or b'WATCHDOG=1' not in heard:
    heard += notify.recv(4096) + b'\\n'
print(heard.decode().replace('\\n', ' '), flush=True)
sys.stdin.read()
os.kill(pid, 9)
`
  const child = spawn(
    'python3',
    ['-c', manager, directory, path, process.execPath, '--input-type=module', '-e', program],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.stdin.end()
    await ended
  })
  const [heard] = (await once(child.stdout, 'data')) as [Buffer]
  t.match(String(heard), /READY=1 STATUS=ready/)
  const read = async (socket: string): Promise<string> => {
    let text = ''
    for await (const chunk of connect({ path: socket })) text += String(chunk)
    return text
  }
  t.equal(await read(path), 'activated', 'it did not replace the socket of the manager')
  t.equal(await read(health), '{"type":"ready"}\n')
})
