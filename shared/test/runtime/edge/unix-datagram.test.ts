import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { readTimeAsleep, sendUnixDatagram } from '../../../src/runtime/edge/index.ts'

const directory = await mkdtemp(join(tmpdir(), 'cordon-datagram-'))
t.teardown(() => rm(directory, { recursive: true }))

/** A receiver that is not ours: prints each datagram that it gets, up to two. */
const RECEIVER = `
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1].replace("@", "\\0", 1))
print("bound", flush=True)
for _ in range(2): print(receiver.recv(4096).decode().replace("\\n", "|"), flush=True)
`

for (const [kind, address] of [
  ['a path', join(directory, 'notify')],
  ['an abstract name', `@cordon-test-${process.pid}`],
] as const) {
  t.test(`datagrams reach ${kind}, each whole`, async t => {
    const receiver = spawn('python3', ['-c', RECEIVER, address], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => receiver.kill())
    const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]()
    t.equal((await lines.next()).value, 'bound')
    t.ok(sendUnixDatagram(address, Buffer.from('READY=1\nSTATUS=ready')))
    t.equal((await lines.next()).value, 'READY=1|STATUS=ready')
    t.ok(sendUnixDatagram(address, Buffer.from('STOPPING=1')))
    await once(receiver, 'exit')
  })
}

t.test('nobody there, and addresses that are none', async t => {
  for (const address of [join(directory, 'nobody'), '', '@', 'relative', `/${'x'.repeat(200)}`, 'vsock:2:1']) {
    t.equal(sendUnixDatagram(address, Buffer.from('READY=1')), false, address.slice(0, 20))
  }
})

t.test('the time asleep never runs backwards, whatever holds up who reads it', async t => {
  const first = readTimeAsleep()
  t.ok(first > -100, `${first} ms`)
  const later = readTimeAsleep() - first
  t.ok(Math.abs(later) < 1000, `${later} ms more`)
})
