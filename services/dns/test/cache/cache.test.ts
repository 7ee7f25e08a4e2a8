import fc from 'fast-check'
import t from 'tap'
import { AnswerCache, InFlight } from '../../src/cache/index.ts'
import { EMPTY_BODY, RCODE } from '../../src/wire/index.ts'

const answer = (bytes = 0) => ({ rcode: RCODE.NOERROR, body: { ...EMPTY_BODY, bytes: Buffer.alloc(bytes) } })

t.test('an answer is found until its time is over, and not a moment longer', async t => {
  const cache = new AnswerCache({ entries: 10, bytes: 100_000 })
  cache.keep('a', answer(), 60, 1000)
  t.match(cache.find('a', 60_999), { since: 1000 })
  t.equal(cache.find('a', 61_000), undefined)
  t.equal(cache.size, 0)
  t.equal(cache.bytes, 0)
  cache.keep('b', answer(), 0, 0)
  t.equal(cache.size, 0, 'no time, nothing kept')
  cache.keep('c', answer(100_000), 60, 0)
  t.equal(cache.size, 0, 'what is over the bounds by itself is not kept')
})

t.test('what was used longest ago goes first', async t => {
  const cache = new AnswerCache({ entries: 2, bytes: 100_000 })
  cache.keep('a', answer(), 60, 0)
  cache.keep('b', answer(), 60, 0)
  cache.find('a', 1)
  cache.keep('c', answer(), 60, 0)
  t.same([...cache.keys()], ['a', 'c'])
})

t.test('no order of events takes a cache over its bounds, or its count of bytes off', async t => {
  const seed = 20_261_122
  t.comment(`seed ${seed}`)
  const event = fc.tuple(fc.nat(20), fc.nat(3000), fc.nat(5), fc.nat(3000))
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), events => {
      const cache = new AnswerCache({ entries: 5, bytes: 8000 })
      let now = 0
      for (const [key, bytes, ttl, wait] of events) {
        now += wait
        if (bytes % 3 === 0) cache.find(`k${key}`, now)
        else cache.keep(`k${key}`, answer(bytes), ttl, now)
        if (cache.size > 5 || cache.bytes > 8000 || (cache.size === 0) !== (cache.bytes === 0)) return false
      }
      return true
    }),
    { seed, numRuns: 500 },
  )
})

t.test('equal questions join one look-up, and the next begins another', async t => {
  const flight = new InFlight<number>()
  let begun = 0
  const held = Promise.withResolvers<number>()
  const begin = () => {
    begun += 1
    return held.promise
  }
  const both = [flight.join('a', begin), flight.join('a', begin)]
  t.equal(begun, 1)
  t.equal(flight.size, 1)
  t.ok(flight.has('a'))
  held.resolve(7)
  t.same(await Promise.all(both), [7, 7])
  t.equal(flight.size, 0)
  await t.rejects(flight.join('a', () => Promise.reject(new Error('no'))))
  t.equal(flight.size, 0, 'a failure is not kept either')
})
