import { sensitive } from '@cordon/shared/errors'
import {
  addOnion,
  authChallenge,
  authenticateHash,
  authenticatePassword,
  type CircuitId,
  type Command,
  closeCircuit,
  closeStream,
  delOnion,
  formatCommand,
  getConf,
  getInfo,
  type OnionRequest,
  onionClientAuthAdd,
  onionClientAuthRemove,
  parseAddOnion,
  parseCircuitId,
  parseStreamId,
  protocolInfo,
  quit,
  type Reply,
  setConf,
  setEvents,
  signal,
  takeOwnership,
} from '@cordon/shared/tor-control'
import fc from 'fast-check'
import t from 'tap'
import { hex } from '../bytes.ts'
import { FUZZ_SEED } from '../fuzz.ts'

type Formatted = Command | { readonly type: 'malformed'; readonly why: string }

const text = (command: Formatted): string =>
  command.type === 'command' ? Buffer.from(command.bytes).toString('utf8') : `refused: ${command.why}`

t.test('commands are written as tor reads them', async t => {
  const circuit = parseCircuitId('12')
  const stream = parseStreamId('34')
  if (circuit === undefined || stream === undefined) throw new Error('ids')
  t.equal(text(protocolInfo()), 'PROTOCOLINFO 1\r\n')
  t.equal(text(authChallenge(hex('00 ff'))), 'AUTHCHALLENGE SAFECOOKIE 00FF\r\n')
  t.equal(text(authenticateHash(hex('ab'))), 'AUTHENTICATE AB\r\n')
  t.equal(text(authenticatePassword('a "b" \\ é')), 'AUTHENTICATE "a \\"b\\" \\\\ é"\r\n')
  t.equal(text(takeOwnership()), 'TAKEOWNERSHIP\r\n')
  t.equal(text(setEvents(['STREAM', 'CIRC'])), 'SETEVENTS STREAM CIRC\r\n')
  t.equal(text(setEvents([])), 'SETEVENTS\r\n')
  t.equal(text(signal('RELOAD')), 'SIGNAL RELOAD\r\n')
  t.equal(text(closeCircuit(circuit)), 'CLOSECIRCUIT 12\r\n')
  t.equal(text(closeStream(stream, 'misc')), 'CLOSESTREAM 34 1\r\n')
  t.equal(text(quit()), 'QUIT\r\n')
  t.equal(text(getInfo(['version', 'ip-to-country/192.0.2.1'])), 'GETINFO version ip-to-country/192.0.2.1\r\n')
  t.equal(text(getConf(['SocksPort'])), 'GETCONF SocksPort\r\n')
  t.equal(
    text(
      setConf([
        ['Bridge', 'obfs4 192.0.2.1:1 cert="x"'],
        ['Nickname', undefined],
      ]),
    ),
    'SETCONF Bridge="obfs4 192.0.2.1:1 cert=\\"x\\"" Nickname\r\n',
  )
})

t.test('CTL-04: CR, LF and NUL in any argument are refused, and the refusal does not repeat them', async t => {
  for (const bad of ['a\r\nSIGNAL HALT', 'a\rb', 'a\nb', 'a\0b']) {
    t.equal(text(setConf([['Bridge', bad]])), 'refused: argument 1 of SETCONF')
    t.equal(text(setConf([[bad, 'x']])), 'refused: argument 1 of SETCONF')
    t.equal(text(getConf(['SocksPort', bad])), 'refused: argument 2 of GETCONF')
    t.equal(text(getInfo([bad])), 'refused: argument 1 of GETINFO')
    t.equal(text(authenticatePassword(bad)), 'refused: argument 1 of AUTHENTICATE')
    t.equal(text(delOnion(bad)), 'refused: onion address')
    t.equal(text(onionClientAuthRemove(bad)), 'refused: onion address')
    t.equal(parseCircuitId(bad), undefined)
    t.equal(parseStreamId(bad), undefined)
  }
  for (const bad of ['', 'a b', 'a"b', 'é', '\x7f']) {
    t.equal(text(getInfo([bad])), 'refused: argument 1 of GETINFO', JSON.stringify(bad))
    t.equal(text(getConf([bad])), 'refused: argument 1 of GETCONF', JSON.stringify(bad))
  }
  t.equal(text(authenticatePassword('x'.repeat(40_000))), 'refused: length of AUTHENTICATE')
})

t.test('an id that no decoder made is our bug, and is not sent', async t => {
  t.throws(() => closeCircuit('1\r\nQUIT' as CircuitId), { name: 'InternalError' })
})

t.test('CTL-04: one command is one line, whatever its arguments hold', async t => {
  const anything = fc.string({ unit: 'binary', maxLength: 20 })
  const argument = fc.oneof(
    fc.record({ type: fc.constant('word' as const), text: anything }),
    fc.record({ type: fc.constant('quoted' as const), text: anything }),
    fc.record({ type: fc.constant('pair' as const), key: fc.oneof(anything, fc.constant('Key')), value: anything }),
  )
  let written = 0
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 3 }), args => {
      const command = formatCommand('GETINFO', ...args)
      if (command.type === 'malformed') return
      written += 1
      t.match(Buffer.from(command.bytes).toString('latin1'), /^GETINFO[^\r\n\0]*\r\n$/)
    }),
    { seed: FUZZ_SEED, numRuns: 2000 },
  )
  t.ok(written > 100, 'and some are written')
})

// The answers of tor 0.4.9.11 to ADD_ONION; the key is of a service that never was published.
const SERVICE = 'sljxgspj5l2sp35nazhvgzoeg7rxnlpxezcwkmxwfcln4rn67uzbdwyd'
const KEY = 'yKpYhkcTzb5gNGZsefTSYrH8/ZIWZARblJIZGdgjnWhKyCA8C7zHnKgGu9f3JX2LNwLfddfdquP7TaXtOgWNJQ=='
const onion: OnionRequest = {
  key: { type: 'new' },
  flags: ['DiscardPK', 'V3Auth'],
  ports: [{ virtual: 80, target: 'unix:/run/x.sock' }],
  clients: ['A'.repeat(52)],
}

t.test('an onion service is asked for with its ports, keys and clients', async t => {
  const client = 'A'.repeat(52)
  t.equal(
    text(addOnion(onion)),
    `ADD_ONION NEW:ED25519-V3 Flags=DiscardPK,V3Auth Port=80,unix:/run/x.sock ClientAuthV3=${client}\r\n`,
  )
  const kept = { ...onion, key: { type: 'kept', privateKey: sensitive(KEY) }, flags: [], clients: [] } as const
  t.equal(text(addOnion(kept)), `ADD_ONION ED25519-V3:${KEY} Port=80,unix:/run/x.sock\r\n`)
  t.equal(text(delOnion(SERVICE)), `DEL_ONION ${SERVICE}\r\n`)
  t.equal(text(onionClientAuthRemove(SERVICE)), `ONION_CLIENT_AUTH_REMOVE ${SERVICE}\r\n`)
  const secret = `${'A'.repeat(43)}=`
  t.equal(text(onionClientAuthAdd(SERVICE, sensitive(secret))), `ONION_CLIENT_AUTH_ADD ${SERVICE} x25519:${secret}\r\n`)
})

t.test('CTL-04: an onion service with anything else in its fields is refused', async t => {
  const bad = (change: Partial<OnionRequest>) => text(addOnion({ ...onion, ...change }))
  t.equal(bad({ key: { type: 'kept', privateKey: sensitive('x\r\nQUIT') } }), 'refused: onion key')
  t.equal(bad({ ports: [] }), 'refused: onion port')
  for (const virtual of [0, 65_536, 1.5]) t.equal(bad({ ports: [{ virtual, target: 'a' }] }), 'refused: onion port')
  for (const target of ['', 'a,b', 'a b', 'a"b', 'a\nb']) {
    t.equal(bad({ ports: [{ virtual: 80, target }] }), 'refused: onion target')
  }
  t.equal(bad({ clients: ['x'] }), 'refused: onion client')
  t.equal(text(onionClientAuthAdd('x', sensitive(''))), 'refused: onion address')
  t.equal(text(onionClientAuthAdd(SERVICE, sensitive('x'))), 'refused: onion key')
})

t.test('the answer to ADD_ONION holds the address and, if tor made one, the key', async t => {
  const reply = (...lines: string[]): Reply => ({ status: 250, lines: lines.map(text => ({ text, data: undefined })) })
  const made = parseAddOnion(reply(`ServiceID=${SERVICE}`, `PrivateKey=ED25519-V3:${KEY}`, 'OK'))
  if ('why' in made) throw new Error(made.why)
  t.same([made.serviceId.reveal(), made.privateKey?.reveal()], [SERVICE, KEY])
  t.match(parseAddOnion(reply(`ServiceID=${SERVICE}`, 'OK')), { privateKey: undefined })
  t.match(parseAddOnion({ ...reply('OK'), status: 512 }), { why: 'ADD_ONION status' })
  t.match(parseAddOnion(reply('OK')), { why: 'ADD_ONION ServiceID' })
  t.match(parseAddOnion(reply('ServiceID=x', 'OK')), { why: 'ADD_ONION ServiceID' })
  t.match(parseAddOnion(reply(`ServiceID=${SERVICE}`, 'PrivateKey=RSA1024:x')), { why: 'ADD_ONION PrivateKey' })
})
