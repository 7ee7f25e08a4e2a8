import fc from 'fast-check'
import t from 'tap'
import { planWait } from '../../src/runtime/index.ts'
import { decodeSocketOwner, encodeSocketQuestion, type SocketEnds } from '../../src/runtime/socket-diagnosis.ts'

t.test('waits double up to the cap, and never all at once', async t => {
  const backOff = { firstMs: 100, capMs: 3000 }
  t.equal(planWait(backOff, 0, 0), 50)
  t.equal(planWait(backOff, 3, 0.5), 600)
  t.equal(planWait(backOff, 1000, 0.999), 2999)
  fc.assert(
    fc.property(fc.nat(2000), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const wait = planWait(backOff, attempt, random)
      return wait >= 50 && wait <= 3000
    }),
    { seed: 20_261_122 },
  )
})

const ENDS: SocketEnds = {
  protocol: 'tcp',
  family: 'ipv4',
  sourceAddress: Uint8Array.of(127, 0, 0, 1),
  sourcePort: 40_000,
  destinationAddress: Uint8Array.of(127, 0, 0, 1),
  destinationPort: 20_000,
}

/** An answer as sock_diag(7) gives it: struct nlmsghdr, then struct inet_diag_msg. */
function answer({ type = 20, state = 1, source = 40_000, destination = 20_000, uid = 1000, inode = 7 } = {}): Buffer {
  const bytes = Buffer.alloc(88)
  bytes.writeUInt32LE(88, 0)
  bytes.writeUInt16LE(type, 4)
  bytes[17] = state
  bytes.writeUInt16BE(source, 20)
  bytes.writeUInt16BE(destination, 22)
  bytes.writeUInt32LE(uid, 80)
  bytes.writeUInt32LE(inode, 84)
  return bytes
}

t.test('the question to the kernel holds the exact four-tuple', async t => {
  const question = encodeSocketQuestion(ENDS)
  t.equal(question.length, 72)
  t.equal(question.toString('hex', 24, 28), '9c404e20')
  t.equal(encodeSocketQuestion({ ...ENDS, family: 'ipv6' })[16], 10)
})

t.test('the owner is believed only from an answer about this very connection', async t => {
  t.equal(decodeSocketOwner(answer(), ENDS), 1000)
  t.equal(decodeSocketOwner(answer({ uid: 0 }), ENDS), 0)
  t.equal(decodeSocketOwner(answer({ inode: 0, uid: 0 }), ENDS), undefined, 'nobody holds it: not root’s')
  t.equal(decodeSocketOwner(answer({ state: 6 }), ENDS), undefined, 'TIME_WAIT')
  t.equal(decodeSocketOwner(answer({ type: 2 }), ENDS), undefined, 'an error')
  t.equal(decodeSocketOwner(answer({ source: 1 }), ENDS), undefined)
  t.equal(decodeSocketOwner(answer({ destination: 1 }), ENDS), undefined)
  for (let cut = 0; cut < 88; cut++) t.equal(decodeSocketOwner(answer().subarray(0, cut), ENDS), undefined)
})
