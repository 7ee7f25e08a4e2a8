import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { TufClientUnderTest } from '../tuf-client-under-test.ts'
import { inDays, LONG_AGO, makeTufKey, type Role, type TufKey, TufRepository } from '../tuf-repository.ts'

// The groups of the public conformance suite (theupdateframework/tuf-conformance: basic, rollback, expiration,
// delegated expiration, key rotations, keys, delegation graphs, file download, quoting), each case in our own words, on a
// repository in memory. The suite's frozen copies of real repositories are not here.

const scratch = mkdtempSync(join(tmpdir(), 'cordon-tuf-'))
t.teardown(() => rmSync(scratch, { recursive: true }))

function open(prepare: (repository: TufRepository) => void = () => {}) {
  const repository = new TufRepository()
  prepare(repository)
  return { repository, client: new TufClientUnderTest(repository, scratch) }
}

/** What is trusted afterwards, as `root timestamp snapshot targets`; `-` for none. */
const trusted = (client: TufClientUnderTest): string => client.versions.map(version => version ?? '-').join(' ')

/** Ask for metadata without its directory and its ending. */
const askedOf = (client: TufClientUnderTest): readonly string[] =>
  client.asked.flatMap(path => /^metadata\/(.*)\.json$/.exec(path)?.[1] ?? [])

const OK = { type: 'done' }
const no = (code: string) => ({ type: 'failed', fault: { code } })

/** Let `work` run at another time: expiry is judged by what the clock says when a check begins. */
async function daysLater<T>(days: number, work: () => Promise<T>): Promise<T> {
  const Now = globalThis.Date
  globalThis.Date = class extends Now {
    constructor(...given: [] | [number | string]) {
      if (given.length === 0) super(Now.now() + days * 86_400_000)
      else super(given[0])
    }
  } as DateConstructor
  try {
    return await work()
  } finally {
    globalThis.Date = Now
  }
}

t.test('UPD-01 basic: a first refresh asks for four documents, and a download refreshes first', async t => {
  for (const use of ['refresh', 'download'] as const) {
    const { client } = open()
    const result = use === 'refresh' ? await client.refresh() : await client.download('nothing of that name')
    t.match(result, use === 'refresh' ? OK : no('UPD_WRONG_PRODUCT'))
    t.same(askedOf(client), ['2.root', 'timestamp', '2.snapshot', '2.targets'])
    t.equal(trusted(client), '1 2 2 2')
  }
})

t.test(
  'UPD-01 basic: nothing is asked on the word of a first root that is misshapen or not signed by itself',
  async t => {
    const { repository } = open()
    const whole = JSON.parse(repository.initialRoot.toString())
    const { version: _, ...signed } = whole.signed
    const [first] = whole.signatures
    const spoiled = { ...first, sig: `${first.sig.startsWith('0') ? '1' : '0'}${first.sig.slice(1)}` }
    for (const given of [
      { ...whole, signed },
      { ...whole, signatures: [spoiled] },
      { ...whole, signatures: [] },
    ]) {
      const client = new TufClientUnderTest(repository, scratch, Buffer.from(JSON.stringify(given)))
      t.match(await client.refresh(), { type: 'failed' })
      t.same(client.asked, [])
    }
  },
)

t.test('UPD-01 basic: a timestamp with other content and the same version changes nothing', async t => {
  const { repository, client } = open()
  await client.refresh()
  const before = client.files
  repository.rewrite('metadata/timestamp.json', 'timestamp', signed => {
    signed['meta'] = { 'snapshot.json': { version: 100 } }
  })
  t.match(await client.refresh(), OK)
  t.same(client.files, before)
})

t.test('UPD-01 basic: targets of another hash or version than the snapshot names are not taken', async t => {
  const changes = {
    UPD_MISMATCH: { spec_version: '1.0.30' },
    UPD_ROLLBACK: { version: 4 },
  }
  for (const [code, change] of Object.entries(changes)) {
    const { repository, client } = open(repository => {
      repository.namesHashes = code === 'UPD_MISMATCH'
    })
    await client.refresh()
    repository.publish()
    repository.rewrite('metadata/3.targets.json', 'targets', signed => void Object.assign(signed, change))
    t.match(await client.refresh(), no(code))
    t.equal(client.version('targets'), 2)
  }
})

t.test('UPD-01 basic: fields that nobody knows are signed like all others', async t => {
  const { repository, client } = open()
  await client.refresh()
  repository.rotateRoot(() => {})
  repository.rewrite('metadata/2.root.json', 'root', signed => {
    const { keys, roles } = signed as Record<string, Record<string, object>>
    for (const key of Object.values(keys ?? {})) Object.assign(key, { 'more-of-it': { a: 1, b: [2] } })
    Object.assign(roles?.['root'] ?? {}, { another: 'value' })
    signed['one-more'] = 'value'
  })
  t.match(await client.refresh(), OK)
  t.equal(client.version('root'), 2)
  const text = client.files['root.json']?.toString() ?? ''
  repository.served.set('metadata/3.root.json', Buffer.from(text.replace('one-more', 'one-less')))
  t.match(await client.refresh(), { type: 'failed' }, 'and one that was changed breaks the signature')
})

t.test('UPD-01 rollback: of each role, with and without hashes in what names it', async t => {
  for (const namesHashes of [true, false]) {
    const start = () =>
      open(repository => {
        repository.namesHashes = namesHashes
        repository.publish()
      })
    const back = async (role: Role, expected: string): Promise<void> => {
      const { repository, client } = start()
      await client.refresh()
      repository.roles[role].version = 1
      repository.publish(role === 'timestamp' ? [] : role === 'snapshot' ? ['timestamp'] : ['timestamp', 'snapshot'])
      t.match(await client.refresh(), no('UPD_ROLLBACK'), `${role}, ${namesHashes}`)
      t.equal(trusted(client), expected, `${role}, ${namesHashes}`)
    }
    await back('timestamp', '1 3 3 3')
    await back('snapshot', '1 3 3 3')
    await back('targets', '1 4 3 3')
  }
})

t.test('UPD-01 rollback: a snapshot that went back alone is not even asked for', async t => {
  const { repository, client } = open()
  await client.refresh()
  const asked = client.asked.length
  repository.rewrite('metadata/2.snapshot.json', 'snapshot', signed => {
    signed['version'] = 1
  })
  t.match(await client.refresh(), OK)
  t.same(client.asked.slice(asked), ['metadata/2.root.json', 'metadata/timestamp.json'])
  t.equal(trusted(client), '1 2 2 2')
})

t.test(
  'UPD-01 rollback: a snapshot that calls itself another version than the timestamp does is not taken',
  async t => {
    const { repository, client } = open(repository => {
      repository.namesHashes = false
      repository.publish([])
    })
    repository.rewrite('metadata/2.snapshot.json', 'snapshot', signed => {
      signed['version'] = 3
    })
    t.match(await client.refresh(), no('UPD_ROLLBACK'))
    t.equal(trusted(client), '1 2 - -')
  },
)

t.test('UPD-01 fast-forward: new keys of the role, and of those that name it, let lower versions in', async t => {
  const recovers = async (role: Role, replaced: readonly Role[]) => {
    const { repository, client } = open()
    repository.roles[role].version = 99
    repository.publish(['targets', 'snapshot', 'timestamp'])
    t.match(await client.refresh(), OK)
    t.equal(client.version(role), 100)
    if (replaced.length > 0) {
      repository.rotateRoot(() => {
        for (const one of replaced) repository.roles[one].keys = [makeTufKey()]
      })
    }
    repository.roles[role].version = 4
    repository.publish(['targets', 'snapshot', 'timestamp'])
    return { result: await client.refresh(), version: client.version(role) }
  }
  t.match(await recovers('timestamp', ['timestamp']), { result: OK, version: 5 })
  t.match(await recovers('snapshot', ['snapshot', 'timestamp']), { result: OK, version: 5 })
  t.match(await recovers('targets', ['snapshot']), { result: OK, version: 5 })
  for (const role of ['timestamp', 'snapshot', 'targets'] as const) {
    t.match(await recovers(role, []), { result: no('UPD_ROLLBACK'), version: 100 }, `${role}: without new keys`)
  }
})

t.test('UPD-01 expiration: an expired role is not taken, and what was trusted before stays', async t => {
  const expected = { root: '2 2 2 2', timestamp: '1 2 2 2', snapshot: '1 3 2 2', targets: '1 3 3 2' }
  for (const role of ['root', 'timestamp', 'snapshot', 'targets'] as const) {
    const { repository, client } = open()
    await client.refresh()
    repository.roles[role].expires = LONG_AGO
    if (role === 'root') repository.rotateRoot(() => {})
    repository.publish()
    t.match(await client.refresh(), no('UPD_FROZEN'), role)
    t.equal(trusted(client), expected[role], role)
  }
})

t.test(
  'expiration: what is trusted and has expired meanwhile gives way to what is newer, and is not used itself',
  async t => {
    const { repository, client } = open()
    for (const role of ['root', 'snapshot', 'targets'] as const) repository.roles[role].expires = inDays(30)
    repository.roles.timestamp.expires = inDays(7)
    repository.rotateRoot(() => {})
    repository.publish()
    t.match(await client.refresh(), OK)
    t.match(await daysLater(18, client.refresh), no('UPD_FROZEN'))
    repository.roles.timestamp.expires = inDays(21)
    repository.publish()
    t.match(await daysLater(18, client.refresh), OK)
    t.equal(trusted(client), '2 4 4 4')
  },
)

t.test(
  'delegated expiration: an expired role says nothing, before it was trusted and after, until there is a newer one',
  async t => {
    const { repository, client } = open()
    for (const role of ['root', 'timestamp', 'snapshot', 'targets'] as const)
      repository.roles[role].expires = inDays(30)
    repository.rotateRoot(() => {})
    repository.delegate('team', ['team/*'])
    for (const name of ['team/one', 'team/two']) repository.addTarget(name, name, {}, 'team')
    const team = repository.delegated.get('team')
    if (team === undefined) throw new Error('no role')
    team.expires = LONG_AGO
    repository.publish()
    t.match(await client.refresh(), OK, 'the roles at the top are right')
    t.match(await client.download('team/one'), no('UPD_FROZEN'))
    t.notOk('team.json' in client.files)
    team.expires = inDays(7)
    team.version += 1
    repository.publish()
    t.match(await client.download('team/one'), OK)
    t.match(await daysLater(18, () => client.download('team/two')), no('UPD_FROZEN'))
    team.expires = inDays(21)
    team.version += 1
    repository.publish()
    t.match(await daysLater(18, () => client.download('team/two')), OK)
  },
)

/** Ten keys, called a to j; `k` of a word are those that it names. */
const ALL = Object.fromEntries([...'abcdefghij'].map(name => [name, makeTufKey()]))
const keysOf = (names: string): TufKey[] => [...names].map(name => ALL[name] as TufKey)

/** Read `KEYS THRESHOLD by SIGNERS`. */
function readRole(text: string) {
  const [, keys = '', threshold = '', signers = ''] = /^([a-j]+) (\d) by ([a-j]+)$/.exec(text) ?? []
  return { keys: keysOf(keys), threshold: Number(threshold), signers: keysOf(signers) }
}

/** Chains of roots, and which of them is the last that is to be trusted. */
const CHAINS: readonly (readonly [chain: readonly string[], last: number])[] = [
  [['a 1 by a', 'b 1 by ab', 'b 1 by b'], 3],
  [['a 1 by jai', 'b 1 by jabi', 'b 1 by jbi'], 3],
  [['abcde 3 by ace', 'abcde 3 by aeb', 'abcde 3 by abd', 'abcde 3 by cde'], 4],
  [['abcde 3 by ace', 'abdef 3 by aeb'], 2],
  [['abcde 3 by ace', 'abdef 3 by acef', 'abdef 3 by aef'], 3],
  [['abcde 3 by ace', 'fghij 3 by acefgh', 'fghij 3 by fgh'], 3],
  [['abc 1 by a', 'abc 2 by ab'], 2],
  [['abc 2 by ab', 'abc 1 by bc', 'abc 1 by c'], 3],
  [['a 1 by a', 'ab 2 by ab'], 2],
  [['a 1 by a', 'b 1 by bij'], 1],
  [['a 1 by a', 'b 1 by aij'], 1],
  [['abcde 3 by ace', 'abdef 3 by ace'], 1],
  [['abcde 3 by ace', 'abdef 3 by aef'], 1],
  [['abc 1 by a', 'abc 2 by b'], 1],
  [['abc 2 by ab', 'abc 1 by a'], 1],
  [['ab 2 by ab', 'ab 2 by aa'], 1],
]

t.test('UPD-01 key rotations: of the root, each version by enough keys of the one before and of its own', async t => {
  for (const [chain, last] of CHAINS) {
    const repository = new TufRepository()
    for (const [at, text] of chain.entries()) {
      const { keys, threshold, signers } = readRole(text)
      Object.assign(repository.roles.root, { keys, threshold, version: at + 1 })
      repository.signers.root = signers
      repository.publishRoot()
    }
    const client = new TufClientUnderTest(repository, scratch, repository.served.get('metadata/1.root.json'))
    const result = last === chain.length ? OK : no('UPD_SIGNATURE_BAD')
    t.match(await client.refresh(), result, chain.join(', '))
    t.equal(client.version('root'), last, chain.join(', '))
    t.same(client.files['root.json'], repository.served.get(`metadata/${last}.root.json`))
  }
})

/** Keys of another role after a rotation, and whether what they sign is to be taken. */
const ROLES: readonly (readonly [role: string, isTaken: boolean])[] = [
  ['b 1 by b', true],
  ['a 1 by jai', true],
  ['b 1 by aij', false],
  ['abdef 3 by ace', false],
  ['abdef 3 by ae', false],
  ['abdef 3 by aaa', false],
  ['abcde 3 by ace', true],
  ['abcde 3 by aeb', true],
  ['abcde 3 by abd', true],
  ['abcde 3 by bcd', true],
  ['abcde 3 by cde', true],
]

t.test('UPD-01 key rotations: of every other role, by enough keys that the newest root names', async t => {
  for (const role of ['timestamp', 'snapshot', 'targets'] as const) {
    for (const [text, isTaken] of ROLES) {
      const { repository, client } = open()
      await client.refresh()
      const { keys, threshold, signers } = readRole(text)
      repository.rotateRoot(() => void Object.assign(repository.roles[role], { keys, threshold }))
      repository.signers[role] = signers
      repository.publish()
      t.match(await client.refresh(), isTaken ? OK : no('UPD_SIGNATURE_BAD'), `${role}: ${text}`)
      t.equal(client.version('root'), 2, `${role}: ${text}`)
      t.equal(client.version(role) === 3, isTaken, `${role}: ${text}`)
    }
  }
})

t.test('UPD-01 keys: a threshold is met by different keys that the role has, and by nothing else', async t => {
  const { repository, client } = open()
  const set = async (keys: string, threshold: number, signers: string) => {
    repository.rotateRoot(() => void Object.assign(repository.roles.snapshot, { keys: keysOf(keys), threshold }))
    repository.signers.snapshot = keysOf(signers)
    repository.publish()
    return await client.refresh()
  }
  t.match(await set('a', 1, 'a'), OK)
  t.match(await set('ab', 3, 'ab'), no('UPD_SIGNATURE_BAD'), 'a threshold above the number of keys')
  t.match(await set('abcd', 3, 'abcd'), OK)
  t.match(await set('abcde', 5, 'abcd'), no('UPD_SIGNATURE_BAD'), 'a key that only the root knows')
  t.match(await set('abcde', 5, 'abcde'), OK)
  const twice = client.version('snapshot')
  repository.publish()
  const path = `metadata/${repository.roles.snapshot.version}.snapshot.json`
  const { signed, signatures } = JSON.parse(repository.served.get(path)?.toString() ?? '')
  const repeated = { signed, signatures: [...signatures.slice(0, 4), signatures[0]] }
  repository.served.set(path, Buffer.from(JSON.stringify(repeated)))
  t.match(await client.refresh(), { type: 'failed' }, 'a signature that stands twice')
  t.match(await set('abcdea', 6, 'abcde'), { type: 'failed' }, 'a key that the root names twice')
  t.equal(client.version('snapshot'), twice)
})

t.test('UPD-01 keys: a field of old that names algorithms for key ids means nothing', async t => {
  const { repository, client } = open()
  await client.refresh()
  const old = { ...makeTufKey() }
  repository.rotateRoot(() => {
    repository.roles.snapshot.keys = [{ ...old, json: { ...old.json, keyid_hash_algorithms: ['md5'] } }]
  })
  repository.publish()
  t.match(await client.refresh(), OK)
  t.equal(trusted(client), '2 3 3 3')
})

/** Who delegates to whom in this order (`!` ends the search, `*.x` narrows the paths), and who is asked for a file. */
const GRAPHS: readonly (readonly [graph: string, asked: string])[] = [
  ['targets>A', 'A'],
  ['targets>A targets>B', 'A B'],
  ['targets>A targets>B B>C', 'A B C'],
  ['targets>A targets>B A>C A>D', 'A C D B'],
  ['targets>A targets>B A>C C>D', 'A C D B'],
  ['targets>A targets>B A>C! A>D', 'A C'],
  ['targets>A targets>B A>C! C>D', 'A C D'],
  ['targets>A*.x targets>B A>C', 'B'],
  ['targets>A targets>B A>C*.x C>D', 'A B'],
  ['targets>A targets>B B>C C>D D>B', 'A B C D'],
  ['targets>A targets>B B>C A>C', 'A C B'],
  ['targets>A targets>B B>C A>C*.x', 'A B C'],
]

t.test(
  'UPD-01 delegation graphs: in order, depth first, each role once, no further than a terminating one',
  async t => {
    for (const [graph, asked] of GRAPHS) {
      const { client } = open(repository => {
        for (const edge of graph.split(' ')) {
          const [, from = '', to = '', mark = ''] = /^(\w+)>(\w)(.*)$/.exec(edge) ?? []
          repository.delegate(to, [mark === '*.x' ? mark : '*'], { from, terminating: mark === '!' })
        }
        repository.publish()
      })
      t.match(await client.download('missing'), no('UPD_WRONG_PRODUCT'), graph)
      t.same(askedOf(client).slice(4), asked === '' ? [] : asked.split(' ').map(role => `1.${role}`), graph)
    }
  },
)

t.test('UPD-01 delegation graphs: more roles than any repository needs are not followed', async t => {
  const { client } = open(repository => {
    for (let n = 0; n < 50; n++) repository.delegate(`r${n}`, ['*'])
    repository.publish()
  })
  t.match(await client.download('missing'), { type: 'failed' })
  t.ok(askedOf(client).length < 4 + 34, `${askedOf(client).length} were asked for`)
})

t.test('UPD-01 delegation graphs: a target is found where every role on the way delegates its path', async t => {
  const { client, repository } = open(repository => {
    repository.delegate('docs', ['*.doc', '*.md'])
    repository.delegate('all', ['releases/*/*'])
    repository.delegate('x', ['releases/x/*'], { from: 'all' })
    repository.delegate('y', ['releases/y/*.zip'], { from: 'all' })
    const files = { targets: 'file', docs: 'README.md', x: 'releases/x/1', y: 'releases/y/1.zip' }
    for (const [role, name] of Object.entries(files)) repository.addTarget(name, `${name} of ${role}`, {}, role)
    repository.addTarget('releases/z/1.zip', 'of another directory', {}, 'y')
    repository.publish()
  })
  const wanted = {
    file: [],
    'README.md': ['1.docs'],
    'releases/x/1': ['1.all', '1.x'],
    'releases/y/1.zip': ['1.all', '1.y'],
  }
  for (const [name, asked] of Object.entries(wanted)) {
    const fresh = new TufClientUnderTest(repository, scratch)
    t.match(await fresh.download(name), { type: 'done', value: { content: repository.contents.get(name) } }, name)
    t.same(askedOf(fresh).slice(4), asked, name)
  }
  t.match(await client.download('releases/z/1.zip'), no('UPD_WRONG_PRODUCT'))
  t.same(askedOf(client).slice(4), ['1.all'])
})

t.test(
  'UPD-01 file download: what the metadata describes, through every change, and never what it does not',
  async t => {
    const { repository, client } = open()
    const spoil = (name: string, content: string): void => {
      const last = name.replace(/^.*\//, '')
      for (const path of repository.served.keys()) {
        if (path.endsWith(`.${last}`)) repository.served.set(path, Buffer.from(content))
      }
    }
    for (let n = 0; n <= 10; n++) {
      for (const name of ['tool.txt', 'path/to/a/file.txt']) repository.addTarget(name, `${name} as of ${n}`)
      repository.addTarget(`new-${n}`, `new in ${n}`)
      repository.publish()
      if (n % 5 !== 0) continue // the client sees every fifth
      for (const name of ['tool.txt', 'path/to/a/file.txt', `new-${n}`]) {
        const content = repository.contents.get(name)
        t.match(await client.download(name), { type: 'done', value: { content } }, `${name} ${n}`)
        spoil(name, 'x'.repeat(content?.length ?? 0))
        t.match(await client.download(name), no('UPD_MISMATCH'), `${name} ${n}: of the same length`)
        spoil(name, 'x'.repeat(1 + (content?.length ?? 0)))
        t.match(await client.download(name), no('VIA_TOO_LARGE'), `${name} ${n}: longer`)
      }
    }
    t.same(readdirSync(scratch), [], 'nothing stays')
  },
)

t.test('UPD-01 quoting: names of roles are quoted in addresses, and lead out of no directory', async t => {
  for (const role of ['?', '#', '/role', '../role', 'a b', '%2e%2e']) {
    const { client } = open(repository => {
      repository.delegate(role, ['*'])
      repository.publish()
    })
    t.match(await client.download('missing'), no('UPD_WRONG_PRODUCT'), role)
    t.equal(askedOf(client).at(-1), `1.${encodeURIComponent(role)}`)
    t.equal(Object.keys(client.files).filter(name => name.endsWith('.json')).length, 5, role)
    t.match(await client.refresh(), OK, `${role}: and the next check finds its way`)
  }
  t.same(readdirSync(scratch), [])
})
