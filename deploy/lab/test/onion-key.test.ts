import { createHash, createPrivateKey } from 'node:crypto'
import t from 'tap'
import { deriveOnionKey, formatOnionAddress } from '../src/onion-key.ts'

// RFC 8032 section 7.1, test 1, behind the PKCS #8 header of RFC 8410 section 10.3.
const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f55'
const key = createPrivateKey({
  key: Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex'),
  format: 'der',
  type: 'pkcs8',
})

t.test('the expanded secret belongs to the public key, as RFC 8032 section 5.1.5 has it', async t => {
  const secret = Buffer.from(deriveOnionKey(key).expandedSecret, 'base64')
  const hash = createHash('sha512').update(Buffer.from(seed, 'hex')).digest()
  t.equal(secret.length, 64)
  t.equal((secret[0] ?? 0) & 0x07, 0, 'the lowest three bits of the first octet are cleared')
  t.equal((secret[31] ?? 0) & 0xc0, 0x40, 'the highest bit of the last is cleared and the second highest set')
  t.same(secret.subarray(1, 31), hash.subarray(1, 31))
  t.same(secret.subarray(32), hash.subarray(32))
})

t.test('an address is 56 characters and checks itself', async t => {
  // rend-spec-v3 section 6, the first example: public key out of the address, address out of the public key.
  const known = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd'
  const bits = Array.from(known, character =>
    'abcdefghijklmnopqrstuvwxyz234567'.indexOf(character).toString(2).padStart(5, '0'),
  ).join('')
  const publicKey = Buffer.from((bits.slice(0, 256).match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)))
  t.equal(formatOnionAddress(publicKey), `${known}.onion`)
  t.match(deriveOnionKey(key).address, /^[a-z2-7]{55}d\.onion$/)
})
