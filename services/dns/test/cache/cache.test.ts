import fc from 'fast-check'
import t from 'tap'
import { AnswerCache, InFlight, shareCache } from '../../src/cache/index.ts'
import { type AnswerBody, RCODE } from '../../src/wire/index.ts'

const MIB = 1024 * 1024
const SEED = 20_261_122

const key = (text: string): Uint8Array => Buffer.from(text, 'latin1')
/** An answer of as many bytes, whose first four are a time to live. */
const answer = (bytes = 4) => {
  const body: AnswerBody = { bytes: Buffer.alloc(Math.max(4, bytes), 7), answers: 1, authorities: 0, ttlsAt: [0] }
  body.bytes.writeUInt32BE(60, 0)
  return { rcode: RCODE.NOERROR, body }
}
const openCache = (mostBytes = MIB): AnswerCache => new AnswerCache({ mostBytes, seed: SEED })

t.test('an answer is found until its time is over, and not a moment longer', async t => {
  const cache = openCache()
  t.equal(cache.bytes, 0, 'an app that asks for nothing costs nothing')
  t.equal(cache.read(key('a'), 0), undefined)
  cache.keep(key('a'), answer(), 60, 1000)
  t.match(cache.read(key('a'), 60_999), { ...answer(), ageSeconds: 59 })
  t.equal(cache.read(key('a'), 61_000), undefined)
  t.equal(cache.size, 0)
  t.equal(cache.read(key('a'), 2000), undefined, 'what has run out does not come back')
  cache.keep(key('b'), answer(), 0, 0)
  t.equal(cache.size, 0, 'no time, nothing kept')
  cache.keep(key('c'), answer(MIB / 4), 60, 0)
  t.equal(cache.size, 0, 'what takes a quarter of the memory is not kept')
})

t.test('an answer takes the place of the one before under its key', async t => {
  const cache = openCache()
  cache.keep(key('a'), answer(10), 60, 0)
  cache.keep(key('a'), { ...answer(20), rcode: RCODE.NXDOMAIN }, 60, 1000)
  t.match(cache.read(key('a'), 1000), { rcode: RCODE.NXDOMAIN, ageSeconds: 0, body: { bytes: { length: 20 } } })
  t.equal(cache.size, 1)
  t.same([...cache.keys()], ['a'])
  cache.keep(key('a'), answer(), 0, 2000)
  t.equal(cache.read(key('a'), 2000), undefined, 'also one that is not kept')
})

t.test('when it is full, a quarter goes: first what nobody asked for again, the oldest first', async t => {
  const cache = openCache(16_384)
  for (let n = 0; cache.size === n; n++) {
    cache.keep(key(`k${n}`), answer(100), 60, 0)
    cache.find(key('k0'), 2, 0)
  }
  const names = [...cache.keys()]
  t.equal(names[0], 'k0', 'the oldest was asked for again')
  t.not(names[1], 'k1')
  t.ok(names.length > 40, `${names.length} remain`)
})

t.test('no order of events takes a cache over its bounds, or gives what was not kept', async t => {
  t.comment(`seed ${SEED}`)
  const event = fc.tuple(fc.nat(40), fc.nat(3000), fc.nat(5), fc.nat(3000))
  fc.assert(
    fc.property(fc.array(event, { maxLength: 120 }), events => {
      const cache = openCache(8000)
      const kept = new Map<string, { bytes: number; until: number }>()
      let now = 0
      for (const [name, bytes, ttl, wait] of events) {
        now += wait
        const text = `k${name}`
        if (bytes % 3 === 0) {
          const found = cache.read(key(text), now)
          const known = kept.get(text)
          if (found !== undefined && (known?.bytes !== found.body.bytes.length || now >= known.until)) return false
        } else {
          cache.keep(key(text), answer(bytes), ttl, now)
          kept.set(text, { bytes: Math.max(4, bytes), until: now + ttl * 1000 })
        }
        if (bytes % 50 === 0) cache.limit(4000 + bytes, now)
        if (cache.bytes > 8000 || new Set(cache.keys()).size !== cache.size) return false
      }
      return true
    }),
    { seed: SEED, numRuns: 500 },
  )
})

t.test('ten thousand names fit into what one app may take; all apps together stay below 64 MiB', async t => {
  const cache = openCache(shareCache(1))
  for (let n = 0; n < 10_000; n++) cache.keep(key(`name-${n}.dns.example`), answer(16), 60, 0)
  t.equal(cache.size, 10_000)
  t.ok(cache.bytes <= MIB, `${cache.bytes} bytes`)
  for (const apps of [1, 64, 100, 500, 2000]) t.ok(apps * shareCache(apps) <= 64 * MIB, `${apps} apps`)
  cache.limit(shareCache(500), 0)
  t.ok(cache.bytes <= shareCache(500), 'an app that joins takes its part at once')
  t.ok(cache.size > 1000)
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
