import fc from 'fast-check'
import t from 'tap'
import { formatServiceNotice, listGroupMembers, planWait, readAtOnce } from '../../src/runtime/index.ts'
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

t.test('a service manager hears what a part says of itself, and no line of it can become an assignment', async t => {
  t.equal(formatServiceNotice({ type: 'ready' }), 'READY=1\nSTATUS=ready')
  t.match(formatServiceNotice({ type: 'breached' }), /^STATUS=.*breached/)
  t.equal(formatServiceNotice({ type: 'waiting', detail: 'for tor' }), 'STATUS=for tor')
  t.equal(
    formatServiceNotice({ type: 'failed', code: 'X', message: 'bad\nREADY=1', next: 'Mend it.' }),
    'STATUS=bad READY=1; next: Mend it.',
  )
  t.equal(formatServiceNotice({ type: 'failed', code: 'X', message: 'bad', next: null }), 'STATUS=bad')
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

t.test('the members of a group are those of passwd and group, and nobody else', async t => {
  const passwd =
    'root:x:0:0::/root:/bin/sh\nana:x:1000:1000::/:/bin/sh\nben:x:1001:900::/:/bin/sh\nbad:x:y:1::/:/\nhalf:x:7\n'
  const group = 'cordon:x:900:ana,ghost\nother:x:901:root\nbroken:x:900\n'
  t.same(listGroupMembers(900, passwd, group), new Set([1000, 1001]), 'by the list, and by the primary group')
  t.same(listGroupMembers(901, passwd, group), new Set([0]))
  t.same(listGroupMembers(1, passwd, group), new Set(), 'a user without a number is nobody')
  t.same(listGroupMembers(902, passwd, group), new Set())
  t.same(listGroupMembers(900, '', ''), new Set(), 'unknown means no')
})

t.test('what must be of one moment is read again by who was held up, and the quickest of ten is taken', async t => {
  const readHeldUp = (delays: readonly number[]): number => {
    let [now, turn] = [0, 0]
    const read = (): number => {
      now += delays[turn] ?? 0.1
      turn += 1
      return turn
    }
    return readAtOnce(read, () => now)
  }
  t.equal(readHeldUp([0.1]), 1)
  t.equal(readHeldUp([10_000, 0.1]), 2)
  t.equal(readHeldUp([10_000, 5000, 0.9]), 3)
  t.equal(readHeldUp([9, 8, 7, 6, 5, 4, 5, 6, 7, 8, 0.1]), 6)
})
