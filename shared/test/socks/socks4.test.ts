import { decodeSocks4Request, encodeSocks4Reply } from '@cordon/shared/socks'
import t from 'tap'
import { assertDecodes, hex, latin1 } from '../bytes.ts'

// VN CD DSTPORT DSTIP USERID NUL [NAME NUL], as curl --socks4a and tor-resolve -4 write them.
t.test('a SOCKS4a request is decoded with its name', async t => {
  assertDecodes(t, decodeSocks4Request, hex('04 01 0050 00000001 00 6578616d706c652e636f6d 00'), {
    command: 'connect',
    port: 80,
    user: hex(''),
    target: { type: 'name', name: 'example.com' },
  })
  assertDecodes(t, decodeSocks4Request, hex('04 f0 0000 000000ff 75736572 00 61 00'), {
    command: 'resolve',
    port: 0,
    user: latin1('user'),
    target: { type: 'name', name: 'a' },
  })
})

t.test('a name that spells an address is that address', async t => {
  t.match(decodeSocks4Request(hex('04 01 0050 00000001 00 3132372e302e302e31 00')), {
    value: { target: { type: 'ipv4', address: '127.0.0.1' } },
  })
})

t.test('a plain SOCKS4 request is decoded with its address, 0.0.0.0 too', async t => {
  assertDecodes(t, decodeSocks4Request, hex('04 01 01bb c0000201 7500 00').subarray(0, 10), {
    command: 'connect',
    port: 443,
    user: latin1('u'),
    target: { type: 'ipv4', address: '192.0.2.1' },
  })
  t.match(decodeSocks4Request(hex('04 01 0050 00000000 00')), { value: { target: { address: '0.0.0.0' } } })
  t.match(decodeSocks4Request(hex('04 01 0050 00000100 00')), { value: { target: { address: '0.0.1.0' } } })
})

t.test('a command that is not carried is decoded, so that it can be answered', async t => {
  t.match(decodeSocks4Request(hex('04 02 0050 c0000201 00')), { value: { command: 'bind' } })
  t.match(decodeSocks4Request(hex('04 f1 0050 c0000201 00')), { value: { command: 0xf1 } })
  t.match(decodeSocks4Request(hex('04 00 0050 c0000201 00')), { value: { command: 0 } })
})

t.test('user id and name are bounded', async t => {
  const head4 = '04 01 0050 c0000201'
  const head4a = '04 01 0050 00000001'
  const long = '61'.repeat(255)
  assertDecodes(t, decodeSocks4Request, hex(`${head4} ${long} 00`), {
    command: 'connect',
    port: 80,
    user: latin1('a'.repeat(255)),
    target: { type: 'ipv4', address: '192.0.2.1' },
  })
  t.match(decodeSocks4Request(hex(`${head4} ${long} 61`)), { type: 'malformed', why: 'user id over 255 bytes' })
  t.match(decodeSocks4Request(hex(`${head4a} 00 ${long}`)), { type: 'incomplete', need: 1 })
  t.match(decodeSocks4Request(hex(`${head4a} 00 ${long} 00`)), { type: 'decoded' })
  t.match(decodeSocks4Request(hex(`${head4a} 00 ${long} 61`)), { type: 'malformed', why: 'name over 255 bytes' })
  t.match(decodeSocks4Request(hex(`${head4a} 00 00`)), { type: 'malformed', why: 'empty name' })
  t.match(decodeSocks4Request(hex('05')), { type: 'malformed', why: 'version' })
})

t.test('a reply is eight bytes, with the address if one was resolved', async t => {
  t.same(encodeSocks4Reply('granted'), hex('00 5a 0000 00000000'))
  t.same(encodeSocks4Reply('rejected'), hex('00 5b 0000 00000000'))
  t.same(encodeSocks4Reply('granted', { type: 'ipv4', address: '192.0.2.1' }), hex('00 5a 0000 c0000201'))
  t.throws(() => encodeSocks4Reply('granted', { type: 'ipv4', address: 'x' }), { name: 'InternalError' })
})
