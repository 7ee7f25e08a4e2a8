import t from 'tap'
import { AUTHORITIES, EXITS, ONION_HOST } from '../src/topology.ts'
import {
  type AuthorityIdentity,
  authorityTorrc,
  CLIENT_LINES,
  exitTorrc,
  formatDirAuthority,
  onionHostTorrc,
  quotePath,
} from '../src/torrc.ts'

const identities: readonly AuthorityIdentity[] = AUTHORITIES.map((member, index) => ({
  ...member,
  fingerprint: `${index}`.repeat(40),
  v3Identity: `${index + 5}`.repeat(40),
}))
const paths = { dataDirectory: '/d/data', keyDirectory: '/d/k', empty: '/d/empty' }
const [authority, exit] = [AUTHORITIES[0], EXITS[0]]
if (authority === undefined || exit === undefined) throw new Error('the lab has no relays')

t.test('an authority line names address, ports and both identities', async t => {
  t.equal(
    identities.map(formatDirAuthority)[1],
    `DirAuthority labauthority2 orport=5000 no-v2 v3ident=${'6'.repeat(40)} 198.18.1.2:7000 ${'1'.repeat(40)}`,
  )
})

t.test('every member knows all authorities, opens no SOCKS port, and leaves from its own address', async t => {
  for (const [member, torrc] of [
    [authority, authorityTorrc(authority, paths, identities, { interval: 300, startOffset: 3 })],
    [exit, exitTorrc(exit, paths, identities, '/d/resolv.conf')],
    [ONION_HOST, onionHostTorrc(ONION_HOST, paths, identities)],
  ] as const) {
    const lines = torrc.split('\n')
    for (const line of [...identities.map(formatDirAuthority), ...CLIENT_LINES, 'SocksPort 0'])
      t.ok(lines.includes(line), `${member.nickname}: ${line}`)
    t.ok(lines.includes(`OutboundBindAddress ${member.address}`))
    t.equal(lines.at(-1), '', 'ends with a line break')
  }
})

t.test('an authority votes by the plan', async t => {
  t.match(
    authorityTorrc(authority, paths, identities, { interval: 300, startOffset: 3 }),
    /^TestingV3AuthVotingStartOffset 3$/m,
  )
})

t.test('an exit asks the name server of the lab', async t => {
  t.match(exitTorrc(exit, paths, identities, '/d/resolv.conf'), /^ServerDNSResolvConfFile "\/d\/resolv\.conf"$/m)
})

t.test('a client gets no line about ports or directories', async t => {
  for (const line of CLIENT_LINES) t.notMatch(line, /Port|Socket|Directory|Internal/)
})

t.test('a path is quoted so that tor reads it back', async t => {
  t.equal(quotePath('/a b/#"\\ü'), '"/a b/#\\"\\\\ü"')
})
