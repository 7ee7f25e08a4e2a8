import fc from 'fast-check'
import t from 'tap'
import { formatAuthority, parseWebAddress, TransferMeter } from '../../src/through-tor/index.ts'

t.test('an address is read whole, or refused with the reason', t => {
  const read = (text: string, options = {}) => {
    const address = parseWebAddress(text, options)
    return [address.scheme, formatAuthority(address), address.port, address.path]
  }
  t.same(read('https://Example.org/a?b'), ['https', 'example.org', 443, '/a?b'])
  t.same(read('https://example.org:8443'), ['https', 'example.org:8443', 8443, '/'])
  t.same(read('http://abc.onion/x'), ['http', 'abc.onion', 80, '/x'])
  t.same(read('https://[2001:db8::1]:444/'), ['https', '[2001:db8::1]:444', 444, '/'])
  t.same(read('http://example.org/', { allowClear: true }), ['http', 'example.org', 80, '/'])
  for (const [text, why] of [
    ['/path', /absolute/],
    ['ftp://example.org/', /neither/],
    ['https://user@example.org/', /credentials/],
    ['https://:word@example.org/', /credentials/],
    ['https://example.org/#x', /fragment/],
    ['http://example.org/', /https/],
    ['http://onion.example.org/', /https/],
  ] as const) {
    t.throws(() => parseWebAddress(text), { code: 'VIA_ADDRESS_INVALID', message: why }, text)
  }
  t.end()
})

t.test('a transfer ends at its first broken limit', t => {
  const meter = () => new TransferMeter({ deadlineMs: 100, maxBytes: 10, pace: { windowMs: 20, minBytes: 2 } }, 1000)
  t.equal(meter().take(10, 1000), 'on')
  t.equal(meter().take(11, 1000), 'too-large')
  t.equal(meter().look(1019), 'on')
  t.equal(meter().look(1020), 'too-slow')
  t.equal(meter().look(1100), 'too-late')
  const steady = meter()
  t.equal(steady.take(2, 1010), 'on')
  t.equal(steady.take(1, 1020), 'on')
  t.equal(steady.nextLookMs, 1040)
  t.equal(steady.take(1, 1040), 'too-slow', 'what ends a window counts for the next')
  t.equal(steady.bytes, 4)
  const patient = new TransferMeter({ deadlineMs: 100, maxBytes: 10 }, 1000)
  t.equal(patient.look(1099), 'on')
  t.equal(patient.nextLookMs, 1100)
  t.end()
})

t.test('nobody can stretch a transfer: whatever comes and when, it ends by deadline and size', t => {
  const arrivals = fc.array(fc.record({ bytes: fc.nat(200), afterMs: fc.nat(50) }), { maxLength: 100 })
  fc.assert(
    fc.property(arrivals, events => {
      const meter = new TransferMeter({ deadlineMs: 500, maxBytes: 1000 }, 0)
      let [now, bytes] = [0, 0]
      for (const event of events) {
        now += event.afterMs
        bytes += event.bytes
        const isOver = now >= 500 || bytes > 1000
        t.equal(meter.take(event.bytes, now) === 'on', !isOver)
        if (isOver) return
      }
    }),
  )
  t.end()
})
