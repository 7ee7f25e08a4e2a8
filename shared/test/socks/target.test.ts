import { isIPv4, isIPv6 } from 'node:net'
import { formatTarget, parseTarget } from '@cordon/shared/socks'
import fc from 'fast-check'
import t from 'tap'
import { decodeEndpoint, encodeEndpoint } from '../../src/socks/address.ts'
import { parseDottedQuad, parseIpv6Groups } from '../../src/socks/ip-text.ts'
import { assertDecodes, hex } from '../bytes.ts'
import { FUZZ_SEED } from '../fuzz.ts'

t.test('a host is an address only in its one plain spelling', async t => {
  t.same(parseTarget('192.0.2.1'), { type: 'ipv4', address: '192.0.2.1' })
  t.same(parseTarget('2001:DB8:0:0::1'), { type: 'ipv6', address: '2001:db8::1' })
  t.same(parseTarget('::'), { type: 'ipv6', address: '::' })
  t.same(parseTarget('::ffff:192.0.2.1'), { type: 'ipv6', address: '::ffff:c000:201' })
  for (const name of ['127.1', '0x7f000001', '010.0.0.1', '256.0.0.1', '1.2.3.4.', '1.2.3.4.5', '', 'example.com']) {
    t.same(parseTarget(name), { type: 'name', name })
  }
  for (const name of [
    'fe80::1%eth0',
    '[::1]',
    ':::',
    '::1::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1.2.3.4::',
    '12345::',
  ]) {
    t.same(parseTarget(name), { type: 'name', name })
  }
})

t.test('a target is written as it stands in an authority', async t => {
  t.equal(formatTarget(parseTarget('::1')), '[::1]')
  t.equal(formatTarget(parseTarget('192.0.2.1')), '192.0.2.1')
  t.equal(formatTarget(parseTarget('example.com')), 'example.com')
})

t.test('addresses are read as node reads them and written as URLs are', async t => {
  const piece = fc.constantFrom(':', '::', '0', '1', 'ff', 'FFFF', '12345', '.', '1.2.3.4', '255', '00', 'g', '%')
  const text = fc.oneof(
    fc.ipV6(),
    fc.ipV4(),
    fc.array(piece, { maxLength: 12 }).map(parts => parts.join('')),
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(text, text => {
        if (isIPv4(text) !== (parseDottedQuad(text) !== undefined)) throw new Error(`IPv4 ${text}`)
        if (isIPv6(text) && text.includes('%')) return
        if (isIPv6(text) !== (parseIpv6Groups(text) !== undefined)) throw new Error(`IPv6 ${text}`)
        const target = parseTarget(text)
        if (target.type === 'ipv6' && new URL(`http://[${text}]/`).hostname !== formatTarget(target))
          throw new Error(text)
      }),
      { seed: FUZZ_SEED, numRuns: 20_000 },
    ),
  )
})

// RFC 1928 section 5: ATYP, address, port.
t.test('an endpoint is decoded by its address type', async t => {
  assertDecodes(t, decodeEndpoint, hex('01 c0000201 0050'), {
    target: { type: 'ipv4', address: '192.0.2.1' },
    port: 80,
  })
  assertDecodes(t, decodeEndpoint, hex('03 0b 6578616d706c652e636f6d 01bb'), {
    target: { type: 'name', name: 'example.com' },
    port: 443,
  })
  assertDecodes(t, decodeEndpoint, hex('04 20010db8000000000000000000000001 ffff'), {
    target: { type: 'ipv6', address: '2001:db8::1' },
    port: 65535,
  })
})

t.test('an endpoint without a known address type or with an empty name is malformed', async t => {
  for (const type of [0, 2, 5, 255]) {
    t.same(decodeEndpoint(Uint8Array.of(type)), { type: 'malformed', why: 'address type' })
  }
  t.same(decodeEndpoint(hex('03 00')), { type: 'malformed', why: 'empty name' })
})

t.test('an endpoint is encoded as it is decoded', async t => {
  const port = fc.integer({ min: 0, max: 65_535 })
  const name = fc.uint8Array({ minLength: 1, maxLength: 255 }).map(bytes => Buffer.from(bytes).toString('latin1'))
  const target = fc.oneof(fc.ipV4(), fc.ipV6(), name).map(parseTarget)
  fc.assert(
    fc.property(target, port, (target, port) => {
      const bytes = encodeEndpoint({ target, port })
      t.same(decodeEndpoint(bytes), { type: 'decoded', value: { target, port }, consumed: bytes.length })
    }),
    { seed: FUZZ_SEED, numRuns: 300 },
  )
})

t.test('what has no legal encoding is our bug and never goes out', async t => {
  const encode = (name: string) => () => encodeEndpoint({ target: { type: 'name', name }, port: 1 })
  t.throws(encode(''), { name: 'InternalError' })
  t.throws(encode('a'.repeat(256)), { name: 'InternalError' })
  t.throws(encode('\u0100'), { name: 'InternalError' })
  t.equal(encode('a'.repeat(255))().length, 1 + 1 + 255 + 2)
  t.throws(() => encodeEndpoint({ target: { type: 'ipv4', address: '1.2.3' }, port: 1 }), { name: 'InternalError' })
  t.throws(() => encodeEndpoint({ target: { type: 'ipv6', address: '1.2.3.4' }, port: 1 }), { name: 'InternalError' })
  for (const port of [-1, 65_536, 1.5, Number.NaN]) {
    t.throws(() => encodeEndpoint({ target: parseTarget('a'), port }), { name: 'InternalError' })
  }
})
