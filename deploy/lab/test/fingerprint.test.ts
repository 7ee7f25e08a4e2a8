import { createHash, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { parseKeyCertificate, relayFingerprint } from '../src/fingerprint.ts'

t.test('a fingerprint is the SHA-1 of the public key in PKCS #1', async t => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  const der = publicKey.export({ type: 'pkcs1', format: 'der' })
  t.equal(relayFingerprint(pem), createHash('sha1').update(der).digest('hex').toUpperCase())
})

// The head of a certificate that tor-gencert 0.4.9.11 wrote.
const certificate = `dir-key-certificate-version 3
dir-address 198.18.1.1:7000
fingerprint 683A04D9A33FE9791EB18D4D11441A9070326253
dir-key-published 2026-11-23 00:13:16
dir-key-expires 2027-11-23 00:13:16
dir-identity-key
`

t.test('a key certificate tells identity and expiry', async t => {
  t.same(parseKeyCertificate(certificate), {
    v3Identity: '683A04D9A33FE9791EB18D4D11441A9070326253',
    expiresMs: Date.UTC(2027, 10, 23, 0, 13, 16),
  })
})

t.test('what lacks identity or expiry is no certificate', async t => {
  for (const line of ['fingerprint', 'dir-key-expires'])
    t.equal(parseKeyCertificate(certificate.replace(new RegExp(`^${line} .*\n`, 'm'), '')), undefined)
  t.equal(parseKeyCertificate(''), undefined)
})
