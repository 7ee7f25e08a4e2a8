import { CONTROL_PROFILES, type ControlProfile } from '@cordon/shared/contracts'
import fc from 'fast-check'
import t from 'tap'
import { FUZZ_SEED } from '../../../shared/test/fuzz.ts'
import { judgeCommand, parseOnionWish } from '../../src/control-filter/index.ts'

const BROWSER: ControlProfile = CONTROL_PROFILES['tor-browser']
const SHARE: ControlProfile = CONTROL_PROFILES.onionshare

const judge = (line: string, profile = BROWSER, isAuthenticated = true) =>
  judgeCommand(line, profile, isAuthenticated, '0.4.9.11')
const FILTERED = { type: 'answer', lines: ['510 Command filtered'] }

t.test('before authentication little is answered, and anything else ends the connection', t => {
  t.same(judge('PROTOCOLINFO 1', BROWSER, false), {
    type: 'answer',
    lines: ['250-PROTOCOLINFO 1', '250-AUTH METHODS=NULL', '250-VERSION Tor="0.4.9.11"', '250 OK'],
    isLast: false,
  })
  t.same(judge('authenticate "secret"', BROWSER, false), { type: 'authenticate' })
  t.match(judge('QUIT', BROWSER, false), { lines: ['250 closing connection'], isLast: true })
  for (const line of ['GETINFO version', 'GET / HTTP/1.1', '', 'AUTHCHALLENGE SAFECOOKIE 00', '\x16\x03\x01']) {
    t.match(judge(line, BROWSER, false), { lines: ['514 Authentication required.'], isLast: true }, line)
  }
  t.end()
})

t.test('CTL-08: commands outside the profile are refused, however they are written', t => {
  const refused = [
    'SETCONF SocksPort=9999',
    'setconf DisableNetwork=1',
    'RESETCONF SocksPort',
    'LOADCONF',
    'SAVECONF',
    'SIGNAL SHUTDOWN',
    'SIGNAL NEWNYM SHUTDOWN',
    'SIGNAL',
    'EXTENDCIRCUIT 0',
    'CLOSECIRCUIT 1',
    'CLOSESTREAM 1 1',
    'ATTACHSTREAM 1 1',
    'MAPADDRESS 0.0.0.0=x.example',
    'RESOLVE x.example',
    'HSFETCH abc',
    'ONION_CLIENT_AUTH_VIEW',
    'TAKEOWNERSHIP',
    'DROPGUARDS',
    'GETINFO address',
    'GETINFO config-text',
    'GETINFO entry-guards',
    'GETINFO version address',
    'GETINFO ns/id/',
    'GETINFO ns/id/../all',
    'GETINFO ns/all',
    'GETINFO VERSION',
    'GETINFO',
    'GETCONF SocksPort',
    'GETCONF',
    'SETEVENTS STREAM BW',
    'SETEVENTS INFO',
    'GETINFO\tversion',
    'GETINFO version\x00',
    'GETINFO versi\u00f6n',
    'ADD_ONION NEW:BEST Port=80',
    'DEL_ONION abc',
    'USEFEATURE SOMETHING',
    '',
  ]
  for (const line of refused) t.match(judge(line), FILTERED, line)
  t.match(judge('+LOADCONF'), { lines: ['510 Command filtered'], isLast: true }, 'data would be read as commands')
  t.end()
})

t.test('what the profile admits', t => {
  t.same(judge('GETINFO circuit-status  circuit-status'), { type: 'info', keys: ['circuit-status'] })
  t.same(judge(`getinfo ns/id/$${'A'.repeat(40)} ip-to-country/198.18.2.1`), {
    type: 'info',
    keys: [`ns/id/$${'A'.repeat(40)}`, 'ip-to-country/198.18.2.1'],
  })
  t.same(judge('SETEVENTS EXTENDED stream CIRC NOTICE'), { type: 'events', names: ['STREAM', 'CIRC', 'NOTICE'] })
  t.same(judge('SETEVENTS'), { type: 'events', names: [] })
  t.same(judge('SIGNAL newnym'), { type: 'renew' })
  t.match(judge('USEFEATURE VERBOSE_NAMES'), { lines: ['250 OK'] })
  t.match(judge('GETCONF bridge UseBridges'), { lines: ['250-Bridge', '250 UseBridges=0'] })
  t.same(judge('DEL_ONION abc', SHARE), { type: 'del-onion', serviceId: 'abc' })
  t.match(judge('GETINFO onions/current', SHARE), { type: 'info' })
  t.match(judge('GETINFO circuit-status', SHARE), FILTERED, 'each profile has its own list')
  t.end()
})

const onions = { most: 2, ports: [[17_600, 17_650]] } as const
const wish = (...args: string[]) => parseOnionWish(args, onions)

t.test('an onion service leads to the app’s own ports, and lives no longer than its connection', t => {
  t.match(wish('NEW:ED25519-V3', 'Port=80,17600'), { key: { type: 'new' }, ports: [{ virtual: 80, own: 17_600 }] })
  for (const target of ['127.0.0.1:17601', 'localhost:17601', '[::1]:17601', '[::ffff:127.0.0.1]:17601']) {
    t.match(wish('NEW:BEST', `Port=80,${target}`)?.ports, [{ virtual: 80, own: 17_601 }], target)
  }
  t.match(wish('NEW:BEST', 'Port=17605'), { ports: [{ virtual: 17_605, own: 17_605 }] })
  t.match(wish('NEW:BEST', 'Flags=DiscardPK,V3Auth', 'Port=80,17600', 'ClientAuthV3=abc'), {
    flags: ['DiscardPK', 'V3Auth'],
    clients: ['abc'],
  })
  const kept = wish('ED25519-V3:c2VjcmV0', 'Port=80,17600')
  t.equal(kept?.key.type === 'kept' && kept.key.privateKey.reveal(), 'c2VjcmV0')
  const refused = [
    [],
    ['NEW:BEST'],
    ['NEW:RSA1024', 'Port=80,17600'],
    ['RSA1024:x', 'Port=80,17600'],
    ['NEW:BEST', 'Flags=Detach', 'Port=80,17600'],
    ['NEW:BEST', 'Flags=NonAnonymous', 'Port=80,17600'],
    ['NEW:BEST', 'Port=80'],
    ['NEW:BEST', 'Port=80,17599'],
    ['NEW:BEST', 'Port=80,17651'],
    ['NEW:BEST', 'Port=80,192.168.0.1:17600'],
    ['NEW:BEST', 'Port=80,x.example:17600'],
    ['NEW:BEST', 'Port=80,unix:/run/x'],
    ['NEW:BEST', 'Port=80,:17600'],
    ['NEW:BEST', 'Port=0,17600'],
    ['NEW:BEST', 'Port=65536,17600'],
    ['NEW:BEST', 'Port=80,+17600'],
    ['NEW:BEST', 'Port=80,17600', 'MaxStreams=5'],
    ['NEW:BEST', 'BasicAuth=x', 'Port=80,17600'],
    ['NEW:BEST', ...Array(17).fill('Port=80,17600')],
  ]
  for (const args of refused) t.equal(parseOnionWish(args, onions), undefined, args.join(' '))
  t.end()
})

t.test('whatever a program sends, only what the profile lists gets past', t => {
  const lines = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc
      .array(fc.constantFrom('GETINFO', 'version', 'SETEVENTS', 'ADD_ONION', 'NEW:BEST', '+', ' ', '\t', 'CIRC'), {
        maxLength: 6,
      })
      .map(words => words.join(' ')),
  )
  fc.assert(
    fc.property(lines, line => {
      const verdict = judge(line)
      if (verdict.type === 'info') t.ok(verdict.keys.every(key => BROWSER.info.some(known => key.startsWith(known))))
      if (verdict.type === 'answer') t.ok(verdict.lines.every(text => /^[245]\d\d[ -][\x20-\x7e]*$/.test(text)))
      t.not(verdict.type, 'add-onion', 'this profile has no onion services')
    }),
    { seed: FUZZ_SEED, numRuns: 1000 },
  )
  t.end()
})
