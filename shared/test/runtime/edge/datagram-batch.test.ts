import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t from 'tap'
import { DatagramBatch, fromIpv4Peer, openDatagramSocket, toIpv4Peer } from '../../../src/runtime/edge/index.ts'
import { until } from '../../until.ts'

const LOOPBACK = '127.0.0.1'
const SIZE = 8

/** A socket at a port of the kernel's choice, and another one that asks it. */
async function openPair(t: { teardown(end: () => void): void }) {
  const asker = createSocket('udp4')
  asker.bind(0, LOOPBACK)
  await once(asker, 'listening')
  const { socket, descriptor } = await openDatagramSocket(toIpv4Peer([127, 0, 0, 1], 0))
  const { port } = socket.address()
  const own = toIpv4Peer([127, 0, 0, 1], port)
  t.teardown(() => {
    socket.close()
    asker.close()
  })
  return { asker, socket, descriptor, port, own }
}

t.test('datagrams come and go many at a time, each with its sender, and too long ones are cut', async t => {
  const { asker, socket, descriptor, port } = await openPair(t)
  const [inbox, outbox] = [new DatagramBatch(SIZE, 16), new DatagramBatch(SIZE, 16)]
  const heard: string[] = []
  asker.on('message', message => heard.push(message.toString()))
  let calls = 0
  socket.on('message', (first, { address, port: from }) => {
    calls += 1
    inbox.put(0, first, toIpv4Peer(address.split('.').map(Number), from))
    const count = 1 + inbox.receive(descriptor, 1)
    for (let at = 0; at < count; at++) {
      t.same(fromIpv4Peer(inbox.peer(at)), asker.address().port === from && { address: LOOPBACK, port: from })
      const bytes = inbox.received(at)
      inbox.slot(at).copy(outbox.slot(at), 0, 0, bytes)
      outbox.address(at, bytes, inbox.peer(at))
    }
    outbox.send(descriptor, count)
  })
  const sent = Array.from({ length: 20 }, (_, n) => `${n}`.padEnd(n % 5 === 0 ? 30 : 10, '.'))
  for (const text of sent) asker.send(text, port, LOOPBACK)
  await until('all answers', () => heard.length === sent.length)
  t.same(heard.sort(), sent.map(text => text.slice(0, 16)).sort())
  t.ok(calls < sent.length, `${calls} calls for ${sent.length}`)
})

t.test('one that cannot be sent does not hold up those behind it', async t => {
  const { asker, descriptor } = await openPair(t)
  const outbox = new DatagramBatch(SIZE, 16)
  const to = toIpv4Peer([127, 0, 0, 1], asker.address().port)
  const heard = once(asker, 'message')
  outbox.slot(0).write('a')
  outbox.address(0, 1, toIpv4Peer([127, 0, 0, 1], 0)) // EINVAL: port 0 is nobody
  outbox.slot(1).write('b')
  outbox.address(1, 1, to)
  outbox.send(descriptor, 2)
  t.equal(String((await heard)[0]), 'b')
})

t.test('nobody else can open the address: neither with reuse nor as we do', async t => {
  const { port, own } = await openPair(t)
  const other = createSocket({ type: 'udp4', reuseAddr: true })
  t.teardown(() => other.close())
  other.bind(port, LOOPBACK)
  t.match(await once(other, 'error'), [{ code: 'EADDRINUSE' }])
  await t.rejects(openDatagramSocket(own), { code: 'EADDRINUSE' })
})
