import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askApi } from '@cordon/shared/api/edge/ask-api'
import { type Circuits, layOutRuntime, type ProductView, type UpdatesView } from '@cordon/shared/contracts'
import t from 'tap'
import { CordonUnderTest, run } from '../../../../deploy/dev/cordon-under-test.ts'
import { until } from '../../../../shared/test/until.ts'
import { makeMinisignKey } from '../minisign-under-test.ts'
import { makeOpenPgpKey } from '../openpgp-under-test.ts'
import { makeApt, packageParagraph, sha256 } from '../tools-under-test.ts'
import { makeTufKey, TufRepository } from '../tuf-repository.ts'

t.setTimeout(300_000)

// One Cordon on the lab, and one place in its internet with repositories of every kind that is made here: an apt
// repository, a TUF repository, a forge's feed, files signed by OpenPGP and by minisign, a document that nobody signs.

const archive = makeOpenPgpKey(t)
const stranger = makeOpenPgpKey(t, 'stranger')
const minisign = makeMinisignKey()
const files = mkdtempSync(join(tmpdir(), 'cordon-shelf-'))
t.teardown(() => rmSync(files, { recursive: true }))
const place = `files.example/${archive.fingerprint}`
const [clear, secure] = [`http://${place}`, `https://${place}`]
const tuf = new TufRepository()
const [root, version] = [join(files, 'root.json'), join(files, 'version')]
writeFileSync(root, tuf.initialRoot)
writeFileSync(version, '1.0\n')

const KEYS = `keys: [${archive.fingerprint}], keyring: ${archive.keyring}`
const INSTALLED = `installed: { file: ${version} }`
const configuration = (more = '') => `services: [clock, updates]
updates:
  products:
    tool: { kind: apt, address: ${clear}, suite: bookworm, package: tool, ${KEYS}, ${INSTALLED} }
    chain: { kind: tuf, address: ${clear}/metadata, targets: ${clear}/targets, root: ${root}, target: tool, ${INSTALLED} }
    feed: { kind: forge, address: ${secure}/releases.atom, ${INSTALLED} }
    list: { kind: openpgp, address: ${clear}/sums.txt, template: 'tool-{version}.tar', ${KEYS}, ${INSTALLED}, download: { address: '${clear}/tool-{version}.tar' } }
    mini: { kind: minisign, address: ${clear}/mini.txt, template: 'tool-{version}.tar', key: '${minisign.publicKey}', ${INSTALLED} }
    page: { kind: json, address: ${secure}/v.json, path: /v, ${INSTALLED} }
${more}`
const cordon = await CordonUnderTest.start(configuration())
t.teardown(() => cordon.close())
const port = await cordon.add('shelf')

/** Put files there, all by one program. */
async function put(content: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  const transfers = Object.entries(content).flatMap(([address, bytes], at) => {
    writeFileSync(join(files, `upload-${at}`), bytes)
    return [...(at === 0 ? [] : ['--next']), '-sSf', '-m', '60', '-x', `socks5h://127.0.0.1:${port}`].concat([
      ...['-T', join(files, `upload-${at}`), address],
    ])
  })
  const { status, stderr } = await run('curl', transfers)
  if (status !== 0) throw new Error(stderr)
}

/** What the server saw of those who asked for a file. */
async function seen(path: string) {
  const { stdout } = await run('curl', [
    ...['-sSf', '-m', '60', '-x', `socks5h://127.0.0.1:${port}`],
    `http://files.example/.seen/${archive.fingerprint}/${path}`,
  ])
  return JSON.parse(stdout) as {
    remoteAddress: string
    headers: [string, string][]
    tls: { sessionReused: boolean } | null
  }[]
}

const apt = (newest: string, fields: Record<string, string> = {}) =>
  makeApt({
    sign: archive.clearSign,
    packages: packageParagraph('other', '9') + packageParagraph('tool', newest),
    fields,
    base: clear,
  })

const atom = (newest: string) =>
  `<feed xmlns="http://www.w3.org/2005/Atom"><entry><updated>2026-01-02T03:04:05Z</updated><link rel="alternate" href="${secure}/releases/tag/v${newest}"/><title>v${newest}</title></entry></feed>`

const tool = (newest: string) => `the tool as of ${newest}`
const sums = (newest: string) => `${sha256(tool(newest))}  tool-${newest}.tar\n`

const openPgp = (newest: string, by = archive) => ({
  [`${clear}/sums.txt`]: sums(newest),
  [`${clear}/sums.txt.asc`]: by.detach(Buffer.from(sums(newest))),
})

const mini = (newest: string) => ({
  [`${clear}/mini.txt`]: sums(newest),
  [`${clear}/mini.txt.minisig`]: minisign.sign(sums(newest), { comment: `timestamp:${Math.floor(Date.now() / 1000)}` }),
})

/** What is new in the TUF repository since it was last put there. */
function publishTuf(newest: string, put: (served: ReadonlyMap<string, Buffer>) => void = () => {}) {
  const before = new Map(tuf.served)
  tuf.addTarget('tool', tool(newest), { version: newest })
  tuf.publish()
  put(tuf.served)
  const fresh = [...tuf.served].filter(([path, content]) => before.get(path) !== content)
  return Object.fromEntries(fresh.map(([path, content]) => [`${clear}/${path}`, content]))
}

/** What the command lists, without starting it each time that a test looks. */
const view = async (): Promise<UpdatesView> => {
  const { updatesSocket } = layOutRuntime(join(cordon.directory, 'r'))
  return (await askApi(updatesSocket, { method: 'GET', path: '/v1/updates' })).value as UpdatesView
}

const check = async (product: string): Promise<{ status: number; product: ProductView }> => {
  const { status, stdout } = await cordon.cordon('updates', 'check', product, '--json')
  return { status, product: JSON.parse(stdout === '' ? '{"products":[]}' : stdout).products[0] }
}

const SIGNED = {
  tool: archive.fingerprint,
  chain: tuf.roles.targets.keys.map(({ id }) => id.slice(0, 16)).join(' '),
  list: archive.fingerprint,
  mini: minisign.id,
} as const

t.test(
  'UPD-10 nothing is asked before the clock is trusted; then every kind over tor, with exit status 10',
  async t => {
    await put({
      ...apt('1.2'),
      ...publishTuf('1.2'),
      ...openPgp('1.2'),
      ...mini('1.2'),
      [`${clear}/releases.atom`]: atom('1.2'),
      [`${clear}/v.json`]: '{"v":"1.2"}',
      [`${clear}/tool-1.2.tar`]: tool('1.2'),
    })
    await until('the clock to be trusted', async () => (await view()).clock === 'trusted')
    const { status, stdout } = await cordon.cordon('updates', 'check', '--json')
    t.equal(status, 10)
    const { products } = JSON.parse(stdout) as { products: ProductView[] }
    for (const id of ['chain', 'feed', 'list', 'mini', 'page', 'tool'] as const) {
      const product = products.find(one => one.id === id)
      const signedBy = id in SIGNED ? SIGNED[id as keyof typeof SIGNED] : null
      const expected = { installed: '1.0', latest: '1.2', verdict: 'available', signedBy, unsigned: signedBy === null }
      t.match(product, expected, id)
    }
    // It says nothing of a part that takes too long to answer.
    const summary = await until('the status to say so', async () => (await cordon.status()).updates ?? undefined)
    t.match(summary, { available: 6, current: 0, unknown: 0 })
  },
)

t.test('what was fetched is what was signed, and lies where it says', async t => {
  const { status, stdout } = await cordon.cordon('updates', 'fetch', 'list', '--json')
  t.equal(status, 0)
  const { download } = JSON.parse(stdout)
  t.match(download, { state: 'verified', file: /verified\/list\/tool-1\.2\.tar$/ })
  t.equal((await run('sha256sum', [download.file])).stdout.slice(0, 64), sha256(tool('1.2')))
})

const groupsOf = ({ apps }: Circuits, app: string): readonly string[] => [
  ...new Set(apps.find(({ id }) => id === app)?.circuits.map(({ group }) => group)),
]

t.test('two products, and one before and after, share nothing but the bytes that every installation sends', async t => {
  const ours = async (): Promise<readonly string[]> => groupsOf(await cordon.circuits(), 'cordon-updates')
  let known = await ours()
  for (const [what, step] of [
    ['one product', () => check('page')],
    ['another', () => check('feed')],
    ['the first once more', () => check('page')],
  ] as const) {
    await step()
    const now = await ours()
    t.ok(
      now.some(group => !known.includes(group)),
      `${what}: a circuit of its own`,
    )
    known = [...known, ...now]
  }
  await cordon.cordon('renew', 'cordon-updates')
  await check('page')
  const renewed = await ours()
  t.ok(renewed.length > 0)
  t.same(
    renewed.filter(group => known.includes(group)),
    [],
    'after a renewal none is left of before',
  )
  const [pages, feeds] = [await seen('v.json'), await seen('releases.atom')]
  t.ok(pages.length >= 4 && feeds.length >= 2)
  const fields = [
    ['Host', 'files.example'],
    ['User-Agent', 'Mozilla/5.0'],
    ['Accept', '*/*'],
    ['Connection', 'close'],
  ]
  for (const visit of [...pages, ...feeds]) {
    t.same(visit.headers, fields, 'no cookie, nothing conditional, though the server gave both')
    t.match(visit.tls, { sessionReused: false })
  }
})

t.test('ISO-11 no circuit of a check is an app’s', async t => {
  const circuits = await cordon.circuits()
  const ours = groupsOf(circuits, 'cordon-updates')
  t.ok(ours.length > 0)
  for (const { id } of circuits.apps) {
    const shared = groupsOf(circuits, id).filter(group => ours.includes(group))
    if (id !== 'cordon-updates') t.same(shared, [], id)
  }
})

/** What a hostile mirror serves for each kind, and what it is called. */
const HOSTILE: readonly (readonly [id: string, code: string, serve: () => Record<string, Uint8Array | string>])[] = [
  ['tool', 'UPD_ROLLBACK', () => apt('1.1')],
  ['tool', 'UPD_FROZEN', () => apt('1.3', { 'Valid-Until': 'Sat, 17 May 2025 10:00:00 UTC' })],
  [
    'chain',
    'UPD_SIGNATURE_BAD',
    () => {
      tuf.signers.timestamp = [makeTufKey()]
      return publishTuf('1.3')
    },
  ],
  ['list', 'UPD_SIGNATURE_BAD', () => openPgp('1.3', stranger)],
  ['mini', 'UPD_SIGNATURE_BAD', () => ({ ...mini('1.3'), [`${clear}/mini.txt`]: sums('1.4') })],
  ['feed', 'UPD_ROLLBACK', () => ({ [`${clear}/releases.atom`]: atom('1.1') })],
  ['page', 'UPD_ROLLBACK', () => ({ [`${clear}/v.json`]: '{"v":"1.1"}' })],
]

t.test('UPD-02 UPD-08 a hostile mirror of every kind, over tor: unknown and why, and nothing is forgotten', async t => {
  writeFileSync(version, '1.2\n')
  for (const [id, code, serve] of HOSTILE) {
    await put(serve())
    const expected = { status: 1, product: { verdict: 'unknown', reason: code, latest: '1.2' } }
    t.match(await check(id), expected, `${id} ${code}`)
  }
  const { entries } = JSON.parse((await cordon.cordon('updates', 'history', 'tool', '--json')).stdout)
  t.same(
    entries.map((entry: { id: string; reason: string | null }) => `${entry.id} ${entry.reason}`),
    ['tool UPD_FROZEN', 'tool UPD_ROLLBACK', 'tool null'],
  )
})

t.test('what is forgotten binds nobody: a project that went back is believed again, when a person says so', async t => {
  t.match(await check('page'), { status: 1, product: { reason: 'UPD_ROLLBACK', next: /cordon updates forget/ } })
  t.match(await cordon.cordon('updates', 'forget', 'page'), { status: 0, stdout: /is forgotten/ })
  t.match(
    (await view()).products.find(({ id }) => id === 'page'),
    { reason: 'UPD_NEVER_CHECKED', latest: null },
  )
  t.match(await check('page'), { status: 0, product: { verdict: 'current', latest: '1.1' } })
  t.match(await cordon.cordon('updates', 'forget', 'nothing'), { status: 1, stderr: /no product nothing/ })
})

t.test('a change of cordon.yaml is followed while it runs, and one with a mistake is not', async t => {
  /** Whoever looks sees the old or the new text, and never half of one. */
  const change = (text: string): void => {
    const path = join(cordon.directory, 'cordon.yaml')
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }
  const ids = async (): Promise<string[]> => (await view()).products.map(({ id }) => id)
  change(configuration(`    more: { kind: json, address: ${secure}/v.json, path: /v }\n`))
  await until('the new product', async () => (await ids()).includes('more'))
  change(configuration('    more: { kind: nonsense }\n    other: { kind: pypi, package: x }\n'))
  await until('the mistake', async () => (await cordon.status()).configurationTrouble !== null)
  t.ok((await ids()).includes('more'))
  t.notOk((await ids()).includes('other'))
  change(configuration())
  await until('it to be gone', async () => !(await ids()).includes('more'))
  t.match((await view()).products[0], { id: 'chain', latest: '1.2' })
})

t.test('logs and spans name neither a product nor a place', async t => {
  for (const command of ['logs', 'traces']) {
    const { stdout } = await cordon.cordon(command, '--json')
    t.ok(stdout.length > 100, `${command}: positive control`)
    t.notMatch(stdout, /files\.example|"tool"|"feed"|"chain"|InRelease/, command)
  }
})
