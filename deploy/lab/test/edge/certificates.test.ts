import { X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { ensureAuthority, issueServer } from '../../src/edge/certificates.ts'

const NOW = Date.UTC(2026, 10, 23)
const DAY = 24 * 3600 * 1000
const places = (directory: string) => ({ certificate: `${directory}/a.pem`, key: `${directory}/a-key.pem` })

t.test('the authority vouches for the names it was asked for', async t => {
  const authority = await ensureAuthority(places(t.testdir()), NOW)
  const { cert } = await issueServer(authority, ['check.example', 't1.time.example'], NOW)
  const server = new X509Certificate(cert)
  const issuer = new X509Certificate(authority.certificate.toString('pem'))
  t.ok(server.verify(issuer.publicKey))
  t.ok(server.checkIssued(issuer))
  t.equal(server.checkHost('t1.time.example'), 't1.time.example')
  t.equal(server.checkHost('other.example'), undefined)
  t.match(issuer.subject, /not the Internet/)
})

t.test('an authority is kept while it outlives what it signs, and made anew after', async t => {
  const paths = places(t.testdir())
  await ensureAuthority(paths, NOW)
  const first = await readFile(paths.certificate, 'utf8')
  await ensureAuthority(paths, NOW + 9 * 365 * DAY)
  t.equal(await readFile(paths.certificate, 'utf8'), first)
  await ensureAuthority(paths, NOW + 10 * 365 * DAY)
  t.not(await readFile(paths.certificate, 'utf8'), first)
})

t.test('a kept authority still signs', async t => {
  const paths = places(t.testdir())
  await ensureAuthority(paths, NOW)
  const kept = await ensureAuthority(paths, NOW + DAY)
  const { cert } = await issueServer(kept, ['check.example'], NOW)
  t.ok(new X509Certificate(cert).verify(new X509Certificate(await readFile(paths.certificate)).publicKey))
})

t.test('half an authority, which a crash may leave, is made anew', async t => {
  const paths = places(t.testdir())
  await writeFile(paths.key, 'the key came first')
  await ensureAuthority(paths, NOW)
  t.match(await readFile(paths.key, 'utf8'), 'BEGIN PRIVATE KEY')
})
