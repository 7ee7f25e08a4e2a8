import t from 'tap'
import {
  decodeSocketChunk,
  encodeSocketDestroy,
  encodeSocketDump,
  leavesMachine,
} from '../../src/runtime/socket-table.ts'

/** One message of the kernel's list: struct nlmsghdr, then struct inet_diag_msg (sock_diag(7)). */
function entry(family: 2 | 10, far: string, { port = 443, uid = 1000, inode = 7 } = {}): Buffer {
  const bytes = Buffer.alloc(88)
  bytes.writeUInt32LE(88, 0)
  bytes.writeUInt16LE(20, 4)
  bytes[16] = family
  bytes[17] = 1
  bytes.writeUInt16BE(40_000, 20)
  bytes.writeUInt16BE(port, 22)
  bytes.set(Buffer.from(far, 'hex'), 40)
  bytes.writeUInt32LE(0xc0ffee, 60)
  bytes.writeUInt32LE(uid, 80)
  bytes.writeUInt32LE(inode, 84)
  return bytes
}
const DONE = Buffer.from('10000000030000000000000000000000', 'hex')
const SITE = 'cb007109'

t.test('a list is read message by message, and the end is where the kernel says', async t => {
  const mapped = `${'0'.repeat(20)}ffff${SITE}`
  const chunk = Buffer.concat([entry(2, SITE), entry(10, mapped), entry(10, '20010db8000000000000000000000009'), DONE])
  const { entries, isLast } = decodeSocketChunk(chunk, 'tcp')
  t.ok(isLast)
  t.match(
    entries.map(({ far }) => far),
    [
      { address: '203.0.113.9', port: 443 },
      { address: '203.0.113.9', port: 443 },
      { address: '2001:db8::9', port: 443 },
    ],
  )
  t.match(entries[0], { protocol: 'tcp', near: { port: 40_000 }, uid: 1000, inode: 7 })
  t.equal(decodeSocketChunk(entry(2, SITE), 'tcp').isLast, false, 'more to come')
})

t.test('what is cut or no list ends it, with what was whole', async t => {
  const two = Buffer.concat([entry(2, SITE), entry(2, SITE)])
  for (let cut = 0; cut < 88; cut++) {
    const { entries, isLast } = decodeSocketChunk(two.subarray(0, 88 + cut), 'udp')
    t.equal(entries.length, 1)
    if (cut >= 16) t.ok(isLast)
  }
  const error = Buffer.from(DONE)
  error.writeUInt16LE(2, 4)
  t.same(decodeSocketChunk(error, 'tcp'), { entries: [], isLast: true })
  t.same(decodeSocketChunk(Buffer.alloc(64), 'tcp'), { entries: [], isLast: true }, 'a length of nothing')
})

t.test('the order to close names the very socket: its ends and its cookie', async t => {
  const [socket] = decodeSocketChunk(entry(2, SITE), 'tcp').entries
  if (socket === undefined) throw new Error('nothing was read')
  const order = encodeSocketDestroy(socket)
  t.equal(order.length, 72)
  t.equal(order.readUInt16LE(4), 21)
  t.equal(order.toString('hex', 16, 18), '0206')
  t.equal(order.toString('hex', 24, 72), entry(2, SITE).toString('hex', 20, 68))
  t.equal(encodeSocketDump('udp', 'ipv6').toString('hex', 16, 18), '0a11')
})

t.test('loopback, nobody and the machine’s own addresses are not beyond it', async t => {
  const own = new Set(['192.0.2.2'])
  const leaves = (address: string): boolean =>
    leavesMachine(
      {
        protocol: 'tcp',
        near: { address: '', port: 1 },
        far: { address, port: 1 },
        uid: 0,
        inode: 0,
        id: Buffer.alloc(0),
      },
      own,
    )
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '0.0.0.0', '::', '192.0.2.2'])
    t.notOk(leaves(address), address)
  for (const address of ['203.0.113.9', '192.168.0.1', 'fe80::1', '2001:db8::1']) t.ok(leaves(address), address)
})
