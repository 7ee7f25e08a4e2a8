import {
  type AppCredentials,
  type AppId,
  deriveSocksCredentials,
  encodeIsolationKey,
  FIRST_NYM_EPOCH,
  formatAppTag,
  type IsolationKey,
  mayShareCircuit,
  parseAppId,
  raiseNymEpoch,
} from '@cordon/shared/isolation'
import fc from 'fast-check'
import t from 'tap'

const SEED = 20_261_122

const bytes = fc.uint8Array({ maxLength: 4 })
const credentials: fc.Arbitrary<AppCredentials | undefined> = fc.option(
  fc.record({
    scheme: fc.constantFrom('socks4', 'socks5', 'http'),
    parts: fc.array(fc.option(bytes, { nil: undefined }), { maxLength: 3 }),
  }),
  { nil: undefined },
)
const key: fc.Arbitrary<IsolationKey> = fc.record({
  app: fc.constantFrom('a', 'b', 'a1') as fc.Arbitrary<AppId>,
  nymEpoch: fc.constantFrom(FIRST_NYM_EPOCH, raiseNymEpoch(FIRST_NYM_EPOCH)),
  credentials,
  scope: fc.oneof(
    fc.constant({ type: 'app' } as const),
    fc.record({ type: fc.constant('host' as const), host: fc.constantFrom('x.example', 'y.example', '1') }),
    fc.record({ type: fc.constant('stream' as const), serial: fc.nat(3) }),
  ),
})

/** A second spelling of equality, field by field, that shares nothing with the encoding. */
const plain = (k: IsolationKey): unknown => [
  k.app,
  k.nymEpoch,
  k.scope,
  k.credentials && [k.credentials.scheme, k.credentials.parts.map(part => part && [...part])],
]

t.test('two keys encode alike exactly when every field is equal', async t => {
  t.comment(`seed ${SEED}`)
  fc.assert(
    fc.property(key, key, (a, b) => {
      const same = JSON.stringify(plain(a)) === JSON.stringify(plain(b))
      return mayShareCircuit(a, b) === same && mayShareCircuit(b, a) === same && mayShareCircuit(a, a)
    }),
    { seed: SEED, numRuns: 20_000 },
  )
})

const base: IsolationKey = {
  app: 'mail' as AppId,
  nymEpoch: FIRST_NYM_EPOCH,
  credentials: undefined,
  scope: { type: 'app' },
}
const with5 = (...parts: (string | undefined)[]): IsolationKey => ({
  ...base,
  credentials: { scheme: 'socks5', parts: parts.map(part => (part === undefined ? part : Buffer.from(part))) },
})

t.test('credential bleed: joined, empty and absent credentials are different inputs', async t => {
  const keys = [
    base,
    with5('', ''),
    with5('ab', ''),
    with5('a', 'b'),
    with5('', 'ab'),
    with5('ab'),
    with5(undefined, 'ab'),
  ]
  const encoded = keys.map(one => Buffer.from(encodeIsolationKey(one)).toString('hex'))
  t.equal(new Set(encoded).size, keys.length)
})

t.test('host names isolate without case', async t => {
  const host = (name: string): IsolationKey => ({ ...base, scope: { type: 'host', host: name } })
  t.ok(mayShareCircuit(host('Check.Example'), host('check.example')))
})

t.test('credentials for tor are the tag and 43 characters that no other key or secret gives', async t => {
  const tag = formatAppTag(Buffer.alloc(16, 0xab))
  const secret = Buffer.alloc(32, 1)
  t.same(tag, 'ab'.repeat(16))
  const one = deriveSocksCredentials(secret, tag, base)
  t.equal(one.username, tag)
  t.match(one.password, /^[A-Za-z0-9_-]{43}$/)
  t.same(deriveSocksCredentials(secret, tag, base), one)
  const others = [
    deriveSocksCredentials(Buffer.alloc(32, 2), tag, base),
    deriveSocksCredentials(secret, tag, { ...base, nymEpoch: raiseNymEpoch(FIRST_NYM_EPOCH) }),
    deriveSocksCredentials(secret, tag, { ...base, app: 'mai' as AppId }),
  ]
  t.equal(new Set([one, ...others].map(({ password }) => password)).size, 4)
})

t.test('no user name of ours begins with what tor reserves', async t => {
  for (let byte = 0; byte < 256; byte++) t.notMatch(formatAppTag(Buffer.alloc(16, byte)), /^<torS0X>/)
})

t.test('app ids: the legal spelling and nothing else', async t => {
  for (const good of ['a', '0', 'tor-browser', 'x'.repeat(32)]) t.equal(parseAppId(good), good)
  for (const bad of ['', '-a', 'A', 'a_b', '../x', 'a/b', 'a b', 'a\n', 'x'.repeat(33), '$(id)', 'ä']) {
    t.equal(parseAppId(bad), undefined, JSON.stringify(bad))
  }
})
