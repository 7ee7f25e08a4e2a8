import { VIRTUAL_TTL_SECONDS } from '@cordon/shared/contracts'
import { FIRST_NYM_EPOCH, raiseNymEpoch } from '@cordon/shared/isolation'
import { isVirtual } from '@cordon/shared/names'
import fc from 'fast-check'
import t from 'tap'
import { VirtualNames } from '../../src/names/index.ts'

const EPOCH = FIRST_NYM_EPOCH
const TTL_MS = VIRTUAL_TTL_SECONDS * 1000

t.test('a name has one address, whatever its case, and leads back', async t => {
  const names = new VirtualNames()
  const address = names.give('A.example', EPOCH, 0, Math.random) ?? ''
  t.ok(isVirtual(address))
  t.equal(names.give('a.EXAMPLE', EPOCH, 1, Math.random), address)
  t.equal(names.nameOf(address, EPOCH), 'a.example')
  t.equal(names.nameOf('10.192.0.1', EPOCH), undefined)
})

t.test('addresses are drawn, and one that is taken is drawn again', async t => {
  const names = new VirtualNames()
  const draws = [0, 0.5, 0.5, 255 / 2 ** 22, 0.75].map(draw => draw + 1 / 2 ** 22)
  draws[0] = 0 // 10.192.0.0, which is never given
  const random = () => draws.shift() ?? 0.25
  t.equal(names.give('a.example', EPOCH, 0, random), '10.224.0.1')
  t.equal(names.give('b.example', EPOCH, 0, random), '10.240.0.1')
})

t.test('a renewed app has no address of before', async t => {
  const names = new VirtualNames()
  const address = names.give('a.example', EPOCH, 0, Math.random) ?? ''
  t.equal(names.nameOf(address, raiseNymEpoch(EPOCH)), undefined)
  t.equal(names.size, 0)
})

t.test('no order of events takes an address from a name to which it is promised, or exceeds the room', async t => {
  const seed = 20_261_122
  t.comment(`seed ${seed}`)
  const event = fc.tuple(fc.nat(12), fc.nat(TTL_MS))
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), events => {
      const names = new VirtualNames(4)
      const promised = new Map<string, { name: string; until: number }>()
      let now = 0
      for (const [id, wait] of events) {
        now += wait
        const name = `n${id}.example`
        const address = names.give(name, EPOCH, now, Math.random)
        if (address !== undefined) {
          const before = promised.get(address)
          if (before !== undefined && before.name !== name && now < before.until) return false
          promised.set(address, { name, until: now + TTL_MS })
        }
        for (const [given, { name: kept, until }] of promised) {
          if (now < until && names.nameOf(given, EPOCH) !== kept) return false
        }
        if (names.size > 4) return false
      }
      return true
    }),
    { seed, numRuns: 1000 },
  )
})
