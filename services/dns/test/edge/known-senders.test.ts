import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { toIpv4Peer } from '@cordon/shared/runtime/edge'
import t from 'tap'
import { KnownSenders } from '../../src/edge/known-senders.ts'

t.test('a sender is believed for 10 ms, and nobody else with it', async t => {
  const program = createSocket('udp4')
  program.bind(0, '127.0.0.1')
  await once(program, 'listening')
  const { port } = program.address()
  const found: (number | undefined)[] = []
  const senders = new KnownSenders({ address: '127.0.0.1', port: 9 }, uid => {
    found.push(uid)
    return uid === process.getuid?.()
  })
  const peer = toIpv4Peer([127, 0, 0, 1], port)
  for (const now of [0, 9]) t.ok(senders.has(peer, now))
  t.equal(found.length, 1, 'the kernel is asked once')
  t.ok(senders.has(peer, 10))
  t.equal(found.length, 2, 'and then again')
  t.notOk(senders.has(toIpv4Peer([127, 0, 0, 2], port), 11), 'the same port of another address is another program’s')
  program.close()
  await once(program, 'close')
  t.notOk(senders.has(peer, 20), 'who is gone is a stranger')
  t.same(found.slice(2), [undefined, undefined])
})
