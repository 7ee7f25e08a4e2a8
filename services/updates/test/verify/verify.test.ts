import fc from 'fast-check'
import t from 'tap'
import {
  findSha256,
  judgeGpgv,
  judgeRedirect,
  lookUp,
  type Paragraph,
  ParagraphReader,
  parseFeed,
  parseRelease,
  readDetachedSignature,
  verifyMinisign,
} from '../../src/verify/index.ts'

const SIGNER = 'A'.repeat(40)
const valid = (primary: string): string =>
  `[GNUPG:] VALIDSIG ${'B'.repeat(40)} 2026-01-01 1767225600 0 4 0 22 10 00 ${primary}`

t.test('gpgv: one good signature of a wanted key, and none that is bad', t => {
  t.same(judgeGpgv(valid(SIGNER), [SIGNER]), { signers: [SIGNER], signedAtMs: 1_767_225_600_000 })
  t.same(judgeGpgv(`[GNUPG:] ERRSIG 0 1 8 00 1 9\n[GNUPG:] NO_PUBKEY 0\n${valid(SIGNER)}`, [SIGNER]).signers, [SIGNER])
  const bad: [string, RegExp][] = [
    ['', /none of the keys/],
    [valid('C'.repeat(40)), /none of the keys/],
    [`gpgv: ${valid(SIGNER)}`, /none of the keys/],
    ['[GNUPG:] NO_PUBKEY 0', /not in the keyring/],
    [`${valid(SIGNER)}\n[GNUPG:] BADSIG 0 x`, /bad/],
    [`${valid(SIGNER)}\n[GNUPG:] EXPKEYSIG 0 x`, /expired/],
    [`${valid(SIGNER)}\n[GNUPG:] REVKEYSIG 0 x`, /revoked/],
    ['[GNUPG:] NODATA 1', /there is none/],
    // A user id that was made to look like a line of status stands behind another word.
    [`[GNUPG:] GOODSIG 0 ${valid(SIGNER)}`, /none of the keys/],
  ]
  for (const [status, message] of bad) {
    t.throws(() => judgeGpgv(status, [SIGNER]), { code: 'UPD_SIGNATURE_BAD', message }, status)
  }
  t.end()
})

t.test('UPD-06 redirects: to other hosts, and never to http, away from onion services, in circles, or far', t => {
  const at = 'https://a.example/x'
  t.equal(judgeRedirect([at], '/y?z'), 'https://a.example/y?z')
  t.equal(judgeRedirect([at], 'https://b.example/#part'), 'https://b.example/')
  t.equal(judgeRedirect(['http://a.example/'], 'https://a.example/'), 'https://a.example/')
  t.equal(judgeRedirect(['http://a.onion/'], 'http://b.onion/'), 'http://b.onion/')
  const far = Array.from({ length: 6 }, (_, n) => `https://a.example/${n}`)
  for (const [seen, location, message] of [
    [[at], 'http://a.example/x', /https to http/],
    [['http://a.onion/'], 'https://a.example/', /onion/],
    [[at], 'https://a.example/x', /circles/],
    [[at, 'https://a.example/y'], '/x', /circles/],
    [far, '/new', /far/],
    [[at], 'ftp://a.example/', /no web address/],
    [[at], 'javascript:1', /no web address/],
    [[at], 'https://', /no web address/],
  ] as const) {
    t.throws(() => judgeRedirect(seen, location), { code: 'UPD_REDIRECT_REFUSED', message }, location)
  }
  t.end()
})

const read = (text: string, size: number): Paragraph[] => {
  const found: Paragraph[] = []
  const reader = new ParagraphReader(paragraph => found.push(paragraph))
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
  reader.end()
  return found
}

t.test('an index reads the same in chunks of any size', t => {
  const text = 'Package: a\nDescription: ü\n more\n\tand more\n\n\nPackage: b\nVersion: 1\n'
  for (let size = 1; size <= text.length + 1; size++) {
    const found = read(text, size).map(paragraph => Object.fromEntries(paragraph))
    t.same(found, [
      { package: 'a', description: 'ü\nmore\nand more' },
      { package: 'b', version: '1' },
    ])
  }
  for (const broken of ['Package\n', ' folded\n', 'A: 1\nA: 2\n', ': x\n', `A: ${'x'.repeat(70_000)}`]) {
    t.throws(() => read(broken, 100), { code: 'UPD_MALFORMED' }, broken.slice(0, 20))
  }
  t.end()
})

t.test('whatever a hostile mirror sends, each reader ends with a value or a Fault', t => {
  const readers: ((bytes: Buffer) => unknown)[] = [
    bytes => parseRelease(bytes.toString('utf8')),
    bytes => read(bytes.toString('latin1'), 7),
    bytes => parseFeed(bytes),
    bytes => readDetachedSignature(bytes),
    bytes => verifyMinisign(bytes, bytes, 'RWQ='),
    bytes => judgeGpgv(bytes.toString('latin1'), [SIGNER]),
    bytes => findSha256(bytes.toString('latin1'), 'a'),
    bytes => judgeRedirect(['https://a.example/'], bytes.toString('latin1')),
  ]
  const seeds = [
    '-----BEGIN PGP SIGNATURE-----\n\nwsB=\n-----END PGP SIGNATURE-----',
    '<feed><entry/></feed>',
    'Date: x\nSHA256:\n a',
  ]
  const input = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(...seeds).map(text => Buffer.from(text)),
  )
  fc.assert(
    fc.property(input, fc.nat(300), fc.nat(255), (bytes, at, byte) => {
      const mutated = Buffer.from(bytes)
      if (mutated.length > 0) mutated[at % mutated.length] = byte
      for (const reader of readers) {
        try {
          reader(mutated)
        } catch (thrown) {
          if (!(thrown instanceof Error) || thrown.name !== 'Fault') throw thrown
        }
      }
    }),
    { numRuns: 500 },
  )
  t.pass('no other error')
  t.end()
})

t.test('hashes of a list, and pointers into a document', t => {
  const list = `${'ab'.repeat(32)} *dir/tool.tar\n${'cd'.repeat(32)}  two\n${'ef'.repeat(32)}  two\n`
  t.equal(findSha256(list, 'tool.tar'), 'ab'.repeat(32))
  t.equal(findSha256(list, 'two'), undefined, 'two hashes are none')
  t.equal(lookUp({ 'a/b': [{ '~': 1 }] }, '/a~1b/0/~0'), 1)
  t.equal(lookUp({}, '/toString'), undefined)
  t.end()
})
