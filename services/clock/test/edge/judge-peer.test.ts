import { createServer } from 'node:https'
import { formatTarget } from '@cordon/shared/socks'
import { parseWebAddress } from '@cordon/shared/through-tor'
import { freshCredentials, openWebConnection } from '@cordon/shared/through-tor/edge'
import { type Test, test } from 'tap'
import { openAppPortUnderTest } from '../../../../shared/test/through-tor/app-port-under-test.ts'
import { type Certificate, CertificateMaker } from '../../../../shared/test/through-tor/certificate-maker.ts'
import { judgePeer } from '../../src/edge/judge-peer.ts'

const DAY = 86_400_000
const NOW = Date.now()
/** Nobody holds a test up for so long. */
const PATIENT_MS = DAY
const ROOT = ['basicConstraints = critical,CA:TRUE', 'keyUsage = critical,keyCertSign']
const leafFor = (name: string): string[] => [
  'basicConstraints = CA:FALSE',
  `subjectAltName = DNS:${name}`,
  'extendedKeyUsage = serverAuth',
]

/** Connect to a server with that certificate and chain; give the reason of a refusal, or `accepted`. */
async function judge(
  t: Test,
  server: Certificate,
  { chain = [], root, knownMs = NOW }: { chain?: Certificate[]; root: Certificate; knownMs?: number },
): Promise<string> {
  const cert = [server, ...chain].map(({ cert }) => cert).join('\n')
  const https = createServer({ key: server.key, cert }, (_request, response) => response.end())
  const { path } = await openAppPortUnderTest(t, () => socket => https.emit('connection', socket))
  const address = parseWebAddress('https://time.example/')
  const host = formatTarget(address.target)
  const authorities = [root.cert]
  return await openWebConnection({
    appSocket: path,
    credentials: freshCredentials(),
    address,
    connectMs: PATIENT_MS,
    authorities,
    judge: socket => judgePeer(socket, { host, authorities, knownMs, verifyMs: PATIENT_MS }),
  }).then(
    connection => {
      connection.close()
      return 'accepted'
    },
    (fault: Error) => fault.message.replace('the peer could not be verified: ', ''),
  )
}

test('a certificate of a time that this clock has not reached is believed for its chain, and for nothing less', async t => {
  const maker = new CertificateMaker(t)
  const long = { fromMs: NOW - 300 * DAY, untilMs: NOW + 900 * DAY }
  const root = maker.make({ name: 'root', ...long, extensions: ROOT })
  const leaf = (fromDays: number, untilDays: number, name = 'time.example', issuer: Certificate | undefined = root) =>
    maker.make({
      name,
      ...(issuer === undefined ? {} : { issuer }),
      fromMs: NOW + fromDays * DAY,
      untilMs: NOW + untilDays * DAY,
      extensions: leafFor(name),
    })
  t.equal(await judge(t, leaf(-1, 90), { root }), 'accepted', 'valid now')
  const early = leaf(30, 120)
  t.equal(await judge(t, early, { root }), 'accepted', 'NotBefore in the future: the clock may be behind')
  const middle = maker.make({
    name: 'middle',
    issuer: root,
    fromMs: NOW + 10 * DAY,
    untilMs: NOW + 500 * DAY,
    extensions: ROOT,
  })
  t.equal(await judge(t, leaf(30, 120, 'time.example', middle), { root, chain: [middle] }), 'accepted', 'all the chain')

  t.equal(await judge(t, leaf(-90, -1), { root }), 'CERT_HAS_EXPIRED', 'NotAfter in the past')
  t.equal(await judge(t, leaf(-1, 90), { root, knownMs: NOW + 100 * DAY }), 'CERT_HAS_EXPIRED', 'or before the floor')
  t.equal(await judge(t, early, { root, knownMs: NOW + 130 * DAY }), 'CERT_HAS_EXPIRED')
  const stranger = maker.make({ name: 'root', ...long, extensions: ROOT })
  // Whatever it is besides, TLS calls it not valid yet: what follows is found by the second look.
  t.match(await judge(t, leaf(30, 120, 'time.example', stranger), { root }), /X509_V_ERR/, 'an authority of its own')
  const own = maker.make({
    name: 'time.example',
    fromMs: NOW + DAY,
    untilMs: NOW + 9 * DAY,
    extensions: leafFor('time.example'),
  })
  t.match(await judge(t, own, { root }), /X509_V_ERR/, 'self-signed')
  t.equal(await judge(t, leaf(30, 120, 'other.example'), { root }), 'ERR_TLS_CERT_ALTNAME_INVALID')
  const noAuthority = leaf(-1, 400, 'middle.example')
  const below = leaf(30, 120, 'time.example', noAuthority)
  t.match(
    await judge(t, below, { root, chain: [noAuthority] }),
    /X509_V_ERR/,
    'signed by a server that is no authority',
  )
  const constrained = maker.make({
    name: 'constrained',
    issuer: root,
    ...long,
    extensions: [...ROOT, 'nameConstraints = critical,permitted;DNS:other.test'],
  })
  const beyond = leaf(30, 120, 'time.example', constrained)
  t.match(
    await judge(t, beyond, { root, chain: [constrained] }),
    /X509_V_ERR 47|UNSPECIFIED/,
    'beyond the names it may vouch for',
  )
  const client = maker.make({
    name: 'time.example',
    issuer: root,
    fromMs: NOW + DAY,
    untilMs: NOW + 90 * DAY,
    extensions: ['subjectAltName = DNS:time.example', 'extendedKeyUsage = clientAuth'],
  })
  t.match(await judge(t, client, { root }), /X509_V_ERR|UNSUITABLE|INVALID_PURPOSE/, 'for another purpose')
})
